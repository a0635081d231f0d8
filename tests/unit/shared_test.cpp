// SPDX-License-Identifier: MIT
// What a name means: who makes the segment, who opens it, and what is refused.
#include "support.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>

using join::lastError;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
MemOptions withMode (OpenMode mode, bool readOnly = false)
{
    MemOptions options;
    options.mode = mode;
    options.readOnly = readOnly;
    return options;
}
}  // namespace

TEST_CASE ("the second of a name opens what the first has made, and both see the same bytes")
{
    Name name ("pair");
    ShmMem first (4096, name);
    ShmMem second (4096, name);
    CHECK (first.created ());
    CHECK_FALSE (second.created ());
    std::strcpy (static_cast<char*> (first.get (100)), "seen");
    CHECK (std::strcmp (static_cast<char*> (second.get (100)), "seen") == 0);
}

TEST_CASE ("a name with and without the leading slash is the same segment")
{
    Name name ("slash");
    ShmMem with (4096, name.c_str ());
    ShmMem without (4096, name.c_str () + 1);
    CHECK_FALSE (without.created ());
    CHECK (with.name () == without.name ());
    CHECK (with.name () == std::string_view (name));
}

TEST_CASE ("a segment of another size is refused, sizes compared in base pages")
{
    Name name ("size");
    ShmMem first (5000, name);
    CHECK_FALSE (ShmMem (8192, name).created ());
    std::string said;
    CHECK (thrown ([&] { ShmMem (4096, name); }, &said) == EINVAL);
    CHECK_THAT (said, Catch::Contains (name.c_str ()) && Catch::Contains ("8 KiB") && Catch::Contains ("4 KiB"));
    CHECK (thrown ([&] { ShmMem (8193, name); }) == EINVAL);
    CHECK (name.exists ());
}

TEST_CASE ("CreateOnly on an existing name is EEXIST, OpenOnly on none is ENOENT")
{
    Name name ("mode");
    std::string said;
    CHECK (thrown ([&] { ShmMem (4096, name, withMode (OpenMode::OpenOnly)); }, &said) == ENOENT);
    CHECK_THAT (said, Catch::Contains (name.c_str ()));
    CHECK_FALSE (name.exists ());
    ShmMem first (4096, name, withMode (OpenMode::CreateOnly));
    CHECK (first.created ());
    CHECK (thrown ([&] { ShmMem (4096, name, withMode (OpenMode::CreateOnly)); }, &said) == EEXIST);
    CHECK_THAT (said, Catch::Contains (name.c_str ()));
    CHECK_FALSE (ShmMem (4096, name, withMode (OpenMode::OpenOnly)).created ());
}

TEST_CASE ("OpenOnly with size 0 takes the size that the segment has")
{
    Name name ("zero");
    ShmMem first (12345, name);
    CHECK (ShmMem (0, name, withMode (OpenMode::OpenOnly)).size () == first.size ());
}

TEST_CASE ("a read-only opener reads what others write")
{
    Name name ("readonly");
    ShmMem first (8 << 20, name);
    std::strcpy (static_cast<char*> (first.get ()), "seen");
    const ShmMem reader (0, name, withMode (OpenMode::OpenOnly, true));
    CHECK (std::strcmp (static_cast<const char*> (reader.get ()), "seen") == 0);
    CHECK (thrown ([&] { ShmMem (4096, name, withMode (OpenMode::CreateOrOpen, true)); }) == EINVAL);
}

TEST_CASE ("bad names are refused with EINVAL or ENAMETOOLONG, and make nothing")
{
    const std::string nul ("/joinmem\0test", 13);
    for (const std::string& name :
         {std::string (), std::string ("/"), std::string ("a/b"), std::string ("//a"), std::string ("/a/"),
          std::string ("."), std::string ("/.."), nul, std::string (".joinmem-x")})
    {
        CAPTURE (name);
        CHECK (thrown ([&] { ShmMem (4096, name); }) == EINVAL);
        CHECK (ShmMem::unlink (name) == -1);
        CHECK (lastError == std::errc::invalid_argument);
    }
    CHECK (thrown ([] { ShmMem (4096, nullptr); }) == EINVAL);
    CHECK (ShmMem::unlink (nullptr) == -1);
    const std::string longest (255, 'j');
    CHECK (ShmMem (4096, longest).created ());
    CHECK_FALSE (ShmMem (4096, "/" + longest).created ());
    CHECK (ShmMem::unlink (longest) == 0);
    CHECK (thrown ([&] { ShmMem (4096, longest + "j"); }) == ENAMETOOLONG);
    CHECK (ShmMem::unlink ("/" + longest + "j") == -1);
    CHECK (lastError == std::errc::filename_too_long);
}

TEST_CASE ("a size past off_t after rounding throws overflow_error and makes no name")
{
    Name name ("overflow");
    for (uint64_t size : {(uint64_t (1) << 63) - 1, uint64_t (1) << 63, ~uint64_t (0)})
    {
        CHECK_THROWS_AS (ShmMem (size, name), std::overflow_error);
    }
    CHECK (thrown ([&] { ShmMem ((uint64_t (1) << 63) - 4096, name); }) != 0);
    CHECK_FALSE (name.exists ());
}

TEST_CASE ("unlink removes the name and leaves the memory; where there is none it succeeds too")
{
    Name name ("unlink");
    CHECK (ShmMem::unlink (name) == 0);
    ShmMem memory (4096, name);
    CHECK (ShmMem::unlink (name.c_str ()) == 0);
    CHECK_FALSE (name.exists ());
    std::strcpy (static_cast<char*> (memory.get ()), "still");
    ShmMem next (4096, name);
    CHECK (next.created ());
    CHECK (static_cast<char*> (next.get ())[0] == 0);
}

TEST_CASE ("the name outlives the object")
{
    Name name ("outlives");
    std::strcpy (static_cast<char*> (ShmMem (4096, name).get ()), "kept");
    CHECK (name.exists ());
    CHECK (std::strcmp (static_cast<char*> (ShmMem (4096, name).get ()), "kept") == 0);
}

TEST_CASE ("a file without a byte is no segment")
{
    Name name ("empty");
    ::close (::open (name.path ().c_str (), O_CREAT | O_RDWR, 0600));
    CHECK (thrown ([&] { ShmMem (4096, name); }) == EINVAL);
    CHECK (thrown ([&] { ShmMem (0, name, withMode (OpenMode::OpenOnly)); }) == EINVAL);
}

TEST_CASE ("a moved segment keeps its name and whether it was made here")
{
    Name name ("moved");
    ShmMem from (4096, name);
    ShmMem to (std::move (from));
    CHECK (to.created ());
    CHECK (to.name () == std::string_view (name));
    CHECK (from.name ().empty ());
    CHECK_FALSE (from.created ());
}
