// SPDX-License-Identifier: MIT
#include "names.hpp"

#include "os/files.hpp"
#include "os/text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr const char* sharedFolder = "/dev/shm";

Folders readFolders () noexcept
{
    Folders result;
    std::snprintf (result.list[0].path, sizeof (result.list[0].path), "%s", sharedFolder);
    result.count = 1;
    os::TextFile file ("/proc/self/mounts");
    while (const char* line = file.line ())
    {
        Folder& folder = result.list[result.count];
        char type[32];
        char path[232];
        if (std::sscanf (line, "%*s %231s %31s", path, type) != 2 || std::strcmp (type, "hugetlbfs") != 0)
        {
            continue;
        }
        os::unescape (path);
        os::FileFacts facts;
        os::Room room;
        int handle = -1;
        if (os::openFile (path, false, &handle) != 0)
        {
            continue;
        }
        if (os::roomOf (handle, &room) == 0 && room.kind == os::FileSystem::Hugetlbfs
            && os::factsOf (handle, &facts) == 0 && facts.blockSize != 0)
        {
            std::snprintf (folder.path, sizeof (folder.path), "%s", path);
            folder.hugePage = static_cast<std::size_t> (facts.blockSize);
            ++result.count;
        }
        os::closeFile (handle);
        if (result.count == sizeof (result.list) / sizeof (result.list[0]))
        {
            break;
        }
    }
    result.read = file.error () == 0;
    return result;
}
}  // namespace

Failure readName (std::string_view given, SegmentName* name) noexcept
{
    const std::string_view bare = !given.empty () && given.front () == '/' ? given.substr (1) : given;
    if (bare.empty ())
    {
        return Failure (EINVAL, "the name is %s: give 1 to 255 bytes, such as \"/ticks\"",
                        given.empty () ? "empty or null" : "a slash alone");
    }
    const int shown = static_cast<int> (bare.size () < 64 ? bare.size () : 64);
    if (bare.find ('\0') != std::string_view::npos)
    {
        return Failure (EINVAL, "the name \"%.*s\" has a NUL inside", shown, bare.data ());
    }
    if (bare.find ('/') != std::string_view::npos)
    {
        return Failure (EINVAL, "the name \"%.*s\" has a slash in the middle: names have one at the front at most",
                        shown, bare.data ());
    }
    if (bare == "." || bare == "..")
    {
        return Failure (EINVAL, "the name \"%.*s\" is a folder's", shown, bare.data ());
    }
    if (bare.size () > 255)
    {
        return Failure (ENAMETOOLONG, "the name \"%.*s...\" has %zu bytes, 255 is the most", shown, bare.data (),
                        bare.size ());
    }
    if (bare.compare (0, std::strlen (workingPrefix), workingPrefix) == 0)
    {
        return Failure (EINVAL, "the name \"%.*s\" begins with %s, which the library keeps for itself", shown,
                        bare.data (), workingPrefix);
    }
    name->text[0] = '/';
    std::memcpy (name->text + 1, bare.data (), bare.size ());
    name->text[1 + bare.size ()] = '\0';
    return Failure ();
}

Folders folders (bool fresh) noexcept
{
    static std::mutex mutex;
    static Folders known;
    // Not waited for: a child that was forked while another thread read would wait for ever.
    const std::unique_lock<std::mutex> lock (mutex, std::try_to_lock);
    if (!lock)
    {
        return readFolders ();
    }
    if (fresh || !known.read)
    {
        known = readFolders ();
    }
    return known;
}

bool notThere (const Folder& folder, const char* path, int error) noexcept
{
    if (error == ENOENT || folder.hugePage == 0)
    {
        return error == ENOENT;
    }
    return (error == EACCES && os::searchable (folder.path) != 0) || (error == EROFS && os::exists (path) != 0);
}

bool stillHuge (const Folder& folder) noexcept
{
    os::Room room;
    int handle = -1;
    if (os::openFile (folder.path, false, &handle) != 0)
    {
        return true;  // whatever is done there will say why
    }
    os::roomOf (handle, &room);
    os::closeFile (handle);
    return room.kind == os::FileSystem::Hugetlbfs;
}

static_assert (sizeof (Folder::path) + sizeof (SegmentName::text) <= sizeof (SegmentPath::text), "a path always fits");

// Not snprintf: this is done several times for each segment, and a small one costs 8 us in all.
SegmentPath::SegmentPath (const Folder& folder, const char* name) noexcept
{
    const char* bare = name[0] == '/' ? name + 1 : name;
    const std::size_t length = std::strlen (folder.path);
    std::memcpy (text, folder.path, length);
    text[length] = '/';
    std::memcpy (text + length + 1, bare, std::strlen (bare) + 1);
}

}  // namespace JOIN_ABI
}  // namespace join
