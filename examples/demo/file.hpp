// SPDX-License-Identifier: MIT
/// The file of the demo: checks and reads it.
#ifndef DEMO_FILE_HPP
#define DEMO_FILE_HPP

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct Problem : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// A regular, non-empty file.
class File
{
public:
    // O_NONBLOCK: without it, the open of a FIFO without a writer waits for ever. It has no effect on a regular file.
    explicit File (const std::string& path)
    : _path (path)
    , _descriptor (::open (path.c_str (), O_RDONLY | O_NONBLOCK | O_CLOEXEC))
    {
        if (_descriptor == -1)
        {
            fail (std::strerror (errno));
        }
        struct stat status;
        if (::fstat (_descriptor, &status) == -1)
        {
            fail (std::strerror (errno));
        }
        if (!S_ISREG (status.st_mode))
        {
            fail (S_ISDIR (status.st_mode) ? "is a directory, not a file" : "is not a regular file");
        }
        if (status.st_size == 0)
        {
            fail ("is empty, there is nothing to share");
        }
        _size = static_cast<uint64_t> (status.st_size);
    }

    File (const File&) = delete;
    File& operator= (const File&) = delete;

    ~File ()
    {
        ::close (_descriptor);
    }

    uint64_t size () const noexcept
    {
        return _size;
    }

    // Reads directly into shared memory: this is the only copy.
    void readInto (char* to) const
    {
        for (uint64_t done = 0; done < _size;)
        {
            ssize_t n = ::read (_descriptor, to + done, _size - done);
            if (n == 0)
            {
                fail ("became shorter while it was read");
            }
            if (n == -1 && errno != EINTR)
            {
                fail (std::strerror (errno));
            }
            done += n > 0 ? static_cast<uint64_t> (n) : 0;
        }
    }

private:
    [[noreturn]] void fail (const std::string& what) const
    {
        throw Problem (_path + ": " + what);
    }

    std::string _path;
    int _descriptor;
    uint64_t _size = 0;
};

#endif
