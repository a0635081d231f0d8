// SPDX-License-Identifier: MIT
// Files that other programs keep in /dev/shm: no mode makes one a segment, and no function of this library removes one.
#include "forbid.hpp"
#include "inspect_support.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using join::inspect;
using join::SegmentKind;

namespace
{
constexpr mode_t modes[] = {0600,  0644,  0666,  0700,  0777,  01600, 01644,
                            01666, 01777, 02600, 02755, 03666, 04755, 07777};

enum class Use
{
    Idle,
    Open,
    ReadOnly,
    Mapped,  // mapped; its descriptor is closed
};

/// A file that another program made, used by this process as that program would use it.
class ForeignFile
{
public:
    ForeignFile (const std::string& path, std::size_t bytes, mode_t mode, Use use)
    : _path (path)
    {
        put (path, bytes);
        ::chmod (path.c_str (), mode);
        if (use == Use::Idle)
        {
            return;
        }
        _file = ::open (path.c_str (), (use == Use::Open ? O_RDWR : O_RDONLY) | O_CLOEXEC);
        if (use == Use::Mapped)
        {
            _base = ::mmap (nullptr, 4096, PROT_READ, MAP_SHARED, _file, 0);
            ::close (_file);
            _file = -1;
        }
    }

    ForeignFile (const ForeignFile&) = delete;
    ForeignFile& operator= (const ForeignFile&) = delete;

    ~ForeignFile ()
    {
        if (_base != MAP_FAILED)
        {
            ::munmap (_base, 4096);
        }
        if (_file != -1)
        {
            ::close (_file);
        }
        ::unlink (_path.c_str ());
    }

    bool exists () const
    {
        return ::access (_path.c_str (), F_OK) == 0;
    }

private:
    const std::string _path;
    int _file = -1;
    void* _base = MAP_FAILED;
};

bool attributesWork ()
{
    const OwnName name;
    put (name.path (), 1);
    return ::setxattr (name.path ().c_str (), "user.test", "", 0, 0) == 0;
}

std::string octal (mode_t mode)
{
    char text[16];
    std::snprintf (text, sizeof (text), "0%o", static_cast<unsigned> (mode));
    return text;
}

/// Tries every mode and size of a file in use. Returns "" or what went wrong.
std::string keepsFilesInUse (const std::string& name, const std::string& path)
{
    for (const mode_t mode : modes)
    {
        for (const std::size_t bytes : {std::size_t (1), std::size_t (4096), std::size_t (5000)})
        {
            for (const Use use : {Use::Open, Use::ReadOnly, Use::Mapped})
            {
                const ForeignFile file (path, bytes, mode, use);
                const int error = errorOf (join::removeUnused (name));
                if (!file.exists () || (error != EINVAL && error != EBUSY))
                {
                    return octal (mode) + ", " + std::to_string (bytes) + " bytes: " + std::to_string (error);
                }
            }
        }
    }
    return "";
}
}  // namespace

TEST_CASE ("no mode makes a foreign file a segment", "[foreign]")
{
    if (!attributesWork ())
    {
        WARN ("SKIP: this /dev/shm has no extended attributes, which came with Linux 6.6");
        return;
    }
    const OwnName name;
    for (const mode_t mode : modes)
    {
        for (const std::size_t bytes : {std::size_t (1), std::size_t (4096), std::size_t (5000)})
        {
            for (const Use use : {Use::Idle, Use::Open, Use::ReadOnly, Use::Mapped})
            {
                INFO (octal (mode) << ", " << bytes << " bytes, use " << static_cast<int> (use));
                const ForeignFile file (name.path (), bytes, mode, use);
                CHECK (inspect (name.text).kind == SegmentKind::Other);
                CHECK (errorOf (join::removeUnused (name.text)) == EINVAL);
                CHECK (file.exists ());
            }
        }
    }
}

TEST_CASE ("unused memory of any permissions is a segment", "[foreign]")
{
    for (const uint32_t permissions : {0600U, 0644U, 0666U})
    {
        const OwnName name;
        join::MemOptions options;
        options.permissions = permissions;
        {
            join::ShmMem memory (4096, name.text, options);
        }
        INFO (octal (permissions));
        CHECK (inspect (name.text).kind == SegmentKind::Memory);
        if (attributesWork ())
        {
            ::chmod (name.path ().c_str (), 0777);  // widening the permissions removes the mark in the mode
            CHECK (inspect (name.text).kind == SegmentKind::Memory);
        }
        CHECK (join::removeUnused (name.text) == 0);
    }
}

TEST_CASE ("foreign file in use survives without attributes", "[foreign]")
{
    const OwnName name;
    CHECK (crash::judge ([&] (crash::Verdict& verdict) {
               forbid (SYS_fsetxattr, EOPNOTSUPP);
               forbid (SYS_fgetxattr, EOPNOTSUPP);
               const std::string complaint = keepsFilesInUse (name.text, name.path ());
               if (!complaint.empty ())
               {
                   verdict.say (complaint);
               }
               put (name.path (), 4096);
               ::chmod (name.path ().c_str (), 01777);  // as chmod -R 1777 does
               if (inspect (name.text).kind != SegmentKind::Other || errorOf (join::removeUnused (name.text)) != EINVAL)
               {
                   verdict.say ("a file of mode 1777 is taken for a segment");
               }
               ::unlink (name.path ().c_str ());
               {
                   join::ShmMem memory (4096, name.text);
               }
               if (inspect (name.text).kind != SegmentKind::Memory || join::removeUnused (name.text) != 0)
               {
                   verdict.say ("unused memory is not removed");
               }
           })
           == "");
}
