// SPDX-License-Identifier: MIT
// The meaning of a name: which process creates the segment, which opens it, and what is rejected.
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
    options.openMode = mode;
    options.readOnly = readOnly;
    return options;
}
}  // namespace

TEST_CASE ("second opener shares the bytes of the first")
{
    Name name ("pair");
    ShmMem first (4096, name);
    ShmMem second (4096, name);
    CHECK (first.created ());
    CHECK_FALSE (second.created ());
    std::strcpy (static_cast<char*> (first.get (100)), "seen");
    CHECK (std::strcmp (static_cast<char*> (second.get (100)), "seen") == 0);
}

TEST_CASE ("leading slash of a name is optional")
{
    Name name ("slash");
    ShmMem with (4096, name.c_str ());
    ShmMem without (4096, name.c_str () + 1);
    CHECK_FALSE (without.created ());
    CHECK (with.name () == without.name ());
    CHECK (with.name () == std::string_view (name));
}

TEST_CASE ("segment of another size is rejected")
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

TEST_CASE ("CreateOnly rejects existing names, OpenOnly missing ones")
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

TEST_CASE ("OpenOnly with size 0 takes the existing size")
{
    Name name ("zero");
    ShmMem first (12345, name);
    CHECK (ShmMem (0, name, withMode (OpenMode::OpenOnly)).size () == first.size ());
}

TEST_CASE ("read-only opener sees writes of others")
{
    Name name ("readonly");
    ShmMem first (8 << 20, name);
    std::strcpy (static_cast<char*> (first.get ()), "seen");
    const ShmMem reader (0, name, withMode (OpenMode::OpenOnly, true));
    CHECK (std::strcmp (static_cast<const char*> (reader.get ()), "seen") == 0);
    CHECK (thrown ([&] { ShmMem (4096, name, withMode (OpenMode::CreateOrOpen, true)); }) == EINVAL);
}

TEST_CASE ("bad names fail and create nothing")
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

TEST_CASE ("size past off_t throws and creates nothing")
{
    Name name ("overflow");
    for (uint64_t size : {(uint64_t (1) << 63) - 1, uint64_t (1) << 63, ~uint64_t (0)})
    {
        CHECK_THROWS_AS (ShmMem (size, name), std::overflow_error);
    }
    CHECK (thrown ([&] { ShmMem ((uint64_t (1) << 63) - 4096, name); }) != 0);
    CHECK_FALSE (name.exists ());
}

TEST_CASE ("unlink removes the name and keeps the memory")
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

TEST_CASE ("name outlives the object")
{
    Name name ("outlives");
    std::strcpy (static_cast<char*> (ShmMem (4096, name).get ()), "kept");
    CHECK (name.exists ());
    CHECK (std::strcmp (static_cast<char*> (ShmMem (4096, name).get ()), "kept") == 0);
}

namespace
{
// A file of another program: its mode lacks the library's mark.
void makeForeign (const Name& name, off_t size)
{
    const int file = ::open (name.path ().c_str (), O_CREAT | O_EXCL | O_RDWR, 0600);
    REQUIRE (::ftruncate (file, size) == 0);
    REQUIRE (::pwrite (file, "foreign", 7, 0) == 7);
    ::close (file);
}

std::string contentOf (const Name& name)
{
    char text[8] = "";
    const int file = ::open (name.path ().c_str (), O_RDONLY);
    CHECK (::pread (file, text, 7, 0) == 7);
    ::close (file);
    return text;
}
}  // namespace

TEST_CASE ("foreign file of another size is rejected")
{
    Name name ("foreign");
    makeForeign (name, 15);
    std::string said;
    for (uint64_t size : {uint64_t (4096), uint64_t (14), uint64_t (16), uint64_t (1) << 20})
    {
        CAPTURE (size);
        CHECK (thrown ([&] { ShmMem (size, name); }, &said) == EINVAL);
        CHECK_THAT (said, Catch::Contains ("15 bytes") && Catch::Contains ("not made by this library")
                              && Catch::Contains ("user " + std::to_string (::geteuid ())));
    }
    CHECK (contentOf (name) == "foreign");
}

TEST_CASE ("foreign file of the requested size opens")
{
    for (off_t size : {off_t (15), off_t (4096), off_t (8191), off_t (8192)})
    {
        CAPTURE (size);
        Name name ("fitting");
        makeForeign (name, size);
        ShmMem memory (static_cast<uint64_t> (size), name);
        CHECK_FALSE (memory.created ());
        CHECK (std::strcmp (static_cast<char*> (memory.get ()), "foreign") == 0);
        CHECK (ShmMem (0, name, withMode (OpenMode::OpenOnly)).size () == memory.size ());
    }
    Name rounded ("rounded");
    makeForeign (rounded, 8192);
    CHECK_FALSE (ShmMem (5000, rounded).created ());
}

TEST_CASE ("onlyOurs rejects foreign files and opens own segments")
{
    MemOptions options;
    options.onlyOurs = true;
    Name name ("only");
    makeForeign (name, 4096);
    std::string said;
    CHECK (thrown ([&] { ShmMem (4096, name, options); }, &said) == EINVAL);
    CHECK_THAT (said, Catch::Contains ("not made by this library") && Catch::Contains ("onlyOurs")
                          && Catch::Contains ("4 KiB") && Catch::Contains ("user "));
    CHECK (contentOf (name) == "foreign");
    Name ours ("ours");
    ShmMem first (4096, ours, options);
    CHECK_FALSE (ShmMem (4096, ours, options).created ());
}

TEST_CASE ("sparse segment may exceed its file system")
{
    Name name ("sparse");
    MemOptions options;
    options.prefault = false;
    const uint64_t size = uint64_t (1) << 40;
    ShmMem memory (size, name, options);
    CHECK (memory.size () == size);
    static_cast<char*> (memory.get (size / 2))[0] = 1;
    struct stat facts = {};
    CHECK (::stat (name.path ().c_str (), &facts) == 0);
    CHECK (facts.st_size == static_cast<off_t> (size));
    CHECK (facts.st_blocks * 512 <= off_t (4) << 20);
    std::string said;
    options.prefault = true;
    CHECK (thrown ([&] { ShmMem (size, name.path ().substr (9) + "2", options); }, &said) == ENOSPC);
}

TEST_CASE ("empty file is no segment")
{
    Name name ("empty");
    ::close (::open (name.path ().c_str (), O_CREAT | O_RDWR, 0600));
    CHECK (thrown ([&] { ShmMem (4096, name); }) == EINVAL);
    CHECK (thrown ([&] { ShmMem (0, name, withMode (OpenMode::OpenOnly)); }) == EINVAL);
}

TEST_CASE ("moved segment keeps its name and creator flag")
{
    Name name ("moved");
    ShmMem from (4096, name);
    ShmMem to (std::move (from));
    CHECK (to.created ());
    CHECK (to.name () == std::string_view (name));
    CHECK (from.name ().empty ());
    CHECK_FALSE (from.created ());
}

TEST_CASE ("named reports if the name leads to the segment")
{
    Name name ("named");
    ShmMem first (4096, name);
    ShmMem opened (4096, name);
    CHECK (first.named () == 1);
    CHECK (opened.named () == 1);
    CHECK (::unlink (name.path ().c_str ()) == 0);
    CHECK (first.named () == 0);
    CHECK (opened.named () == 0);
    ShmMem second (4096, name);
    CHECK (second.named () == 1);
    CHECK (first.named () == 0);
    ShmMem moved (std::move (second));
    CHECK (moved.named () == 1);
    CHECK (second.named () == -1);
    CHECK (lastError.value () == EBADF);
}
