// SPDX-License-Identifier: MIT
// Checks names of segments, makes working names, and finds the hugetlbfs mounts in /proc/self/mounts.
#include "segment/names.hpp"

#include "os/files.hpp"
#include "os/text.hpp"
#include "base/utf8.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
SegmentDirs readFolders () noexcept
{
    SegmentDirs result;
    os::TextFile file ("/proc/self/mounts");
    while (const char* line = file.line ())
    {
        char type[32];
        char path[sizeof (SegmentDir::path)];
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
        SegmentDir pool;
        if (os::roomOf (handle, &room) == 0 && room.kind == os::FileSystem::Hugetlbfs
            && os::factsOf (handle, &facts) == 0 && facts.blockSize != 0)
        {
            std::memcpy (pool.path, path, sizeof (pool.path));
            pool.hugePage = static_cast<std::size_t> (facts.blockSize);
        }
        os::closeFile (handle);
        if (pool.hugePage != 0 && !result.add (pool))
        {
            break;
        }
    }
    result.read = file.error () == 0;
    return result;
}
}  // namespace

bool isOwnName (std::string_view name) noexcept
{
    constexpr std::string_view own = ".joinmem.";
    return isWorkingName (name) || name.compare (0, own.size (), own) == 0;
}

Failure readName (std::string_view input, SegmentName* name) noexcept
{
    const std::string_view bare = !input.empty () && input.front () == '/' ? input.substr (1) : input;
    if (bare.empty ())
    {
        return Failure (EINVAL, "the name is %s: give 1 to 255 bytes, such as \"/ticks\"",
                        input.empty () ? "empty or null" : "a slash alone");
    }
    const int shown = static_cast<int> (cutLength (bare, 64));
    if (bare.find ('\0') != std::string_view::npos)
    {
        return Failure (EINVAL, "the name \"%.*s\" has a NUL inside", shown, bare.data ());
    }
    if (bare.find ('/') != std::string_view::npos)
    {
        return Failure (EINVAL, "the name \"%.*s\" has a slash in the middle: a name may have one at the front only",
                        shown, bare.data ());
    }
    if (bare == "." || bare == "..")
    {
        return Failure (EINVAL, "the name \"%.*s\" is that of a folder: choose another", shown, bare.data ());
    }
    if (bare.size () > 255)
    {
        return Failure (ENAMETOOLONG, "the name \"%.*s...\" has %zu bytes: at most 255 are allowed", shown,
                        bare.data (), bare.size ());
    }
    if (isOwnName (bare))
    {
        return Failure (EINVAL,
                        "the name \"%.*s\" is reserved for the library's own files, whose names begin with .joinmem- "
                        "or .joinmem., or end with %s and 16 digits: choose another",
                        shown, bare.data (), workingPrefix);
    }
    name->text[0] = '/';
    std::memcpy (name->text + 1, bare.data (), bare.size ());
    name->text[1 + bare.size ()] = '\0';
    return Failure ();
}

WorkingName::WorkingName (const char* segment) noexcept
{
    constexpr int most = 255 - 25;  // bytes of the segment's name
    unsigned long long number = 0;
    // If the name is taken, creating the file fails with EEXIST, and another name is tried.
    os::randomBytes (&number, sizeof (number));
    const char* bare = segment[0] == '/' ? segment + 1 : segment;
    std::snprintf (prefix, sizeof (prefix), "%.*s%s", most, bare, workingPrefix);
    std::snprintf (text, sizeof (text), "%.*s%016llx", 255 - 16, prefix, number);
}

bool isWorkingName (std::string_view name) noexcept
{
    constexpr std::size_t digits = 16;
    const std::size_t length = std::strlen (workingPrefix);
    if (name.compare (0, length, workingPrefix) == 0)
    {
        return true;
    }
    return name.size () > digits + length && name.compare (name.size () - digits - length, length, workingPrefix) == 0
           && name.find_first_not_of ("0123456789abcdef", name.size () - digits) == std::string_view::npos;
}

const SegmentDir SegmentDirs::shared = {"/dev/shm", 0};

bool SegmentDirs::add (const SegmentDir& pool) noexcept
{
    if (_pools == nullptr)
    {
        _pools.reset (new (std::nothrow) SegmentDir[most - 1]);
    }
    if (_pools == nullptr || _count == most)
    {
        return false;
    }
    _pools[_count++ - 1] = pool;
    return _count != most;
}

SegmentDirs SegmentDirs::copy () const noexcept
{
    SegmentDirs result;
    for (std::size_t i = 1; i < _count && result.add (_pools[i - 1]); ++i)
    {
    }
    result.read = read;
    return result;
}

SegmentDirs segmentDirs (bool fresh) noexcept
{
    static std::mutex mutex;
    static SegmentDirs* known = nullptr;  // never destroyed: threads may outlive main ()
    // try_lock: a child forked while another thread holds the mutex would wait for ever.
    const std::unique_lock<std::mutex> lock (mutex, std::try_to_lock);
    if (!lock)
    {
        return readFolders ();
    }
    if (known == nullptr)
    {
        known = new (std::nothrow) SegmentDirs;
    }
    if (known == nullptr)
    {
        return readFolders ();
    }
    if (fresh || !known->read)
    {
        *known = readFolders ();
    }
    return known->copy ();
}

bool notThere (const SegmentDir& folder, const char* path, int error) noexcept
{
    if (error == ENOENT || folder.hugePage == 0)
    {
        return error == ENOENT;
    }
    return (error == EACCES && os::searchable (folder.path) != 0) || (error == EROFS && os::exists (path) != 0);
}

bool stillHuge (const SegmentDir& folder) noexcept
{
    os::Room room;
    int handle = -1;
    if (os::openFile (folder.path, false, &handle) != 0)
    {
        return true;  // the next call on the folder reports the reason
    }
    os::roomOf (handle, &room);
    os::closeFile (handle);
    return room.kind == os::FileSystem::Hugetlbfs;
}

static_assert (sizeof (SegmentDir::path) + sizeof (SegmentName::text) <= sizeof (SegmentPath::text),
               "a path always fits");

// memcpy instead of snprintf: each segment needs several paths, and making a small segment takes 8 us in all.
SegmentPath::SegmentPath (const SegmentDir& folder, const char* name) noexcept
{
    const char* bare = name[0] == '/' ? name + 1 : name;
    const std::size_t length = std::strlen (folder.path);
    std::memcpy (text, folder.path, length);
    text[length] = '/';
    std::memcpy (text + length + 1, bare, std::strlen (bare) + 1);
}

}  // namespace JOIN_ABI
}  // namespace join
