// SPDX-License-Identifier: MIT
// Valid names, the mode of a segment, and files at the name that are not segments.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

std::string missing ()
{
    return ::access ("/dev/shm", W_OK) == 0 ? "" : "/dev/shm may not be written";
}

namespace
{
unsigned modeOf (const std::string& path)
{
    struct stat facts;
    return ::lstat (path.c_str (), &facts) == 0 ? facts.st_mode & 07777 : 0;
}

template <typename Kind>
unsigned modeUnder (unsigned mask, unsigned permissions)
{
    const std::string text = inChild ([=] () -> std::string {
        Unlinked segment;
        ::umask (mask);
        join::MemOptions options;
        options.permissions = permissions;
        auto memory = Kind::make (4 * KiB, options);
        return std::to_string (modeOf (segmentPath ()));
    });
    return static_cast<unsigned> (std::stoul (text));
}

// Another file at the name: the call fails at once, and the file stays.
std::string refusesWhatIs (const std::function<int (const char*)>& plant, const std::string& start,
                           const char* word = "")
{
    return inChild ([&] () -> std::string {
        const std::string path = segmentPath ();
        ::rmdir (path.c_str ());
        ::unlink (path.c_str ());
        CLAIM_EQUAL (plant (path.c_str ()), 0);
        const std::string before = belongings ();
        std::string wrong;
        for (auto mode : {join::OpenMode::CreateOrOpen, join::OpenMode::OpenOnly, join::OpenMode::CreateOnly})
        {
            for (bool readOnly : {false, true})
            {
                join::MemOptions options;
                options.openMode = mode;
                options.readOnly = readOnly && mode == join::OpenMode::OpenOnly;
                const std::string text = attempt ([&] { Shared::make (4 * KiB, options); });
                const bool right =
                    mode == join::OpenMode::CreateOnly ? says (text, "EEXIST: ") : says (text, start, {word});
                wrong += right ? "" : text + "; ";
            }
        }
        wrong += exists (path) ? "" : "it is gone; ";
        wrong += belongings () == before ? "" : "something is left; ";
        ::rmdir (path.c_str ());
        ::unlink (path.c_str ());
        return wrong;
    });
}
}  // namespace

TEST_CASE ("invalid and overlong names fail")
{
    using namespace std::string_literals;
    const std::string long255 (255, 'a');
    for (const std::string& name : {""s, "/"s, "a/b"s, "/a/b"s, "//a"s, "a/"s, "."s, ".."s, "/."s, "/.."s, "/../x"s,
                                    "a\0b"s, "\0"s, "/\0"s, "abc\0"s})
    {
        CAPTURE (name);
        CHECK (says (attempt ([&] { join::ShmMem (4 * KiB, name); }), "EINVAL: "));
        CHECK (says (attemptCall ([&] { return join::ShmMem::unlink (name); }), "EINVAL: "));
    }
    for (const std::string& name : {long255 + "a", "/" + long255 + "a", std::string (100000, 'a')})
    {
        CHECK (says (attempt ([&] { join::ShmMem (4 * KiB, name); }), "ENAMETOOLONG: ", {"255"}));
        CHECK (says (attemptCall ([&] { return join::ShmMem::unlink (name); }), "ENAMETOOLONG: "));
    }
    const char* null = nullptr;
    CHECK (says (attempt ([&] { join::ShmMem (4 * KiB, null); }), "EINVAL: "));
    CHECK (says (attempt ([&] { join::ShmMem (4 * KiB, null, join::MemOptions ()); }), "EINVAL: "));
    CHECK (says (attempt ([&] { join::ShmMem (4 * KiB, std::string_view ()); }), "EINVAL: "));
    CHECK (says (attemptCall ([&] { return join::ShmMem::unlink (null); }), "EINVAL: "));
}

TEST_CASE ("255-byte names are valid with or without slash")
{
    std::string name = segmentName ().substr (1);
    name.resize (255, 'a');
    {
        join::ShmMem memory (4 * KiB, name);
        CHECK (memory.created ());
        CHECK (memory.name () == "/" + name);
        CHECK_FALSE (join::ShmMem (4 * KiB, "/" + name).created ());
        CHECK (exists ("/dev/shm/" + name));
    }
    CHECK (join::ShmMem::unlink ("/" + name) == 0);
    CHECK_FALSE (exists ("/dev/shm/" + name));
}

TEST_CASE ("leading slash does not change the segment")
{
    Unlinked segment;
    const std::string with = segmentName ();
    const std::string without = with.substr (1);
    join::ShmMem first (4 * KiB, with);
    join::ShmMem second (4 * KiB, without.c_str ());
    CHECK (first.created ());
    CHECK_FALSE (second.created ());
    CHECK (first.name () == with);
    CHECK (second.name () == with);
    *static_cast<int*> (first.get (8)) = 42;
    CHECK (*static_cast<int*> (second.get (8)) == 42);
    CHECK (join::ShmMem::unlink (without) == 0);
    CHECK_FALSE (exists (segmentPath ()));
}

TEST_CASE ("names keep all other bytes unchanged")
{
    for (const char* odd : {" ", "a b", "\xff\xfe", "%s%n", "..a", "a..", "\n", "name\\040"})
    {
        const std::string name = segmentName (odd);
        join::ShmMem memory (4 * KiB, name);
        CHECK (exists ("/dev/shm" + name));
        CHECK_FALSE (join::ShmMem (4 * KiB, name).created ());
        CHECK (join::ShmMem::unlink (name) == 0);
        CHECK_FALSE (exists ("/dev/shm" + name));
    }
}

TEST_CASE ("segment mode ignores umask and carries the mark")
{
    constexpr unsigned mark = 01000;
    CHECK (modeUnder<Shared> (0, 0) == (mark | 0600));
    CHECK (modeUnder<Shared> (0, 0600) == (mark | 0600));
    CHECK (modeUnder<Shared> (077, 0777) == (mark | 0777));
    CHECK (modeUnder<Shared> (0777, 0640) == (mark | 0640));
    CHECK (modeUnder<Shared> (022, 0666) == (mark | 0666));
    CHECK (modeUnder<BaselineShared> (077, 0777) != (mark | 0777));
    CHECK (modeUnder<BaselineShared> (0, 0600) != (mark | 0600));
}

TEST_CASE ("symbolic link at the name is rejected")
{
    CHECK (refusesWhatIs ([] (const char* path) { return ::symlink ("/dev/null", path); }, "ELOOP: ") == "");
    CHECK (refusesWhatIs ([] (const char* path) { return ::symlink ("/nowhere/at/all", path); }, "ELOOP: ") == "");
    CHECK (refusesWhatIs ([] (const char* path) { return ::symlink (path, path); }, "ELOOP: ") == "");
    const std::string target = segmentPath ("target");
    join::ShmMem real (4 * KiB, segmentName ("target"));
    CHECK (refusesWhatIs ([&] (const char* path) { return ::symlink (target.c_str (), path); }, "ELOOP: ") == "");
    CHECK (exists (target));
    join::ShmMem::unlink (segmentName ("target"));
}

TEST_CASE ("other file types at the name are rejected unchanged")
{
    CHECK (refusesWhatIs ([] (const char* path) { return ::mkdir (path, 0700); }, "E") == "");
    CHECK (refusesWhatIs ([] (const char* path) { return ::mkfifo (path, 0600); }, "EINVAL: ", "not a regular file")
           == "");
    const auto empty = [] (const char* path) { return ::close (::open (path, O_CREAT | O_RDWR, 0600)); };
    CHECK (refusesWhatIs (empty, "EINVAL: ", "which no segment has") == "");
    const auto unix = [] (const char* path) { return ::mknod (path, S_IFSOCK | 0600, 0); };
    CHECK (refusesWhatIs (unix, "E") == "");
}

TEST_CASE ("segment of another size is rejected with both sizes")
{
    Unlinked segment;
    auto memory = Shared::make (8 * KiB);
    *static_cast<int*> (memory.get (8 * KiB - 4)) = 42;
    for (uint64_t size : {uint64_t (1), 4 * KiB, 8 * KiB + 1, 12 * KiB, 64 * MiB})
    {
        CAPTURE (size);
        CHECK (says (attempt ([=] { Shared::make (size); }), "EINVAL: ", {"8 KiB"}));
    }
    CHECK (attempt ([] { Shared::make (4 * KiB + 1); }) == "done");  // rounded up, the size matches
    CHECK (occupied (segmentPath ()) == 8 * KiB);
    CHECK (*static_cast<int*> (memory.get (8 * KiB - 4)) == 42);
    CHECK (attempt ([] { BaselineShared::make (4 * KiB); }) == "done");  // and has truncated the segment of its users
    CHECK (occupied (segmentPath ()) == 4 * KiB);
}
