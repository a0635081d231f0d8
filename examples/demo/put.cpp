// SPDX-License-Identifier: MIT
// Puts a file into shared memory, for other processes to open by name.
//     put FILE NAME      makes the segment and prints where its memory is
//     put --unlink NAME  removes the name
#include "../report.hpp"
#include "file_segment.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace
{
struct Problem : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

[[noreturn]] void fail (const std::string& path, const std::string& what)
{
    throw Problem (path + ": " + what);
}

class File
{
public:
    // O_NONBLOCK: a FIFO without a writer would keep us waiting for ever; it has no effect on a regular file.
    explicit File (const std::string& path)
    : _path (path)
    , _descriptor (::open (path.c_str (), O_RDONLY | O_NONBLOCK | O_CLOEXEC))
    {
        if (_descriptor == -1)
        {
            fail (path, std::strerror (errno));
        }
        struct stat status;
        if (::fstat (_descriptor, &status) == -1)
        {
            fail (path, std::strerror (errno));
        }
        if (!S_ISREG (status.st_mode))
        {
            fail (path, S_ISDIR (status.st_mode) ? "is a directory, not a file" : "is not a regular file");
        }
        if (status.st_size == 0)
        {
            fail (path, "is empty, there is nothing to share");
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

    // Straight into the shared memory: the only copy there is.
    void readInto (char* to) const
    {
        for (uint64_t done = 0; done < _size;)
        {
            ssize_t n = ::read (_descriptor, to + done, _size - done);
            if (n == 0)
            {
                fail (_path, "became shorter while it was read");
            }
            if (n == -1 && errno != EINTR)
            {
                fail (_path, std::strerror (errno));
            }
            done += n > 0 ? static_cast<uint64_t> (n) : 0;
        }
    }

private:
    std::string _path;
    int _descriptor;
    uint64_t _size = 0;
};

void put (const std::string& path, const char* name)
{
    File file (path);
    join::MemOptions options;
    options.mode = join::OpenMode::CreateOnly;
    join::ShmMem memory (FILE_SEGMENT_BYTES + file.size (), name, options);
    try
    {
        auto* header = static_cast<file_segment*> (memory.get ());
        file.readInto (static_cast<char*> (memory.get (FILE_SEGMENT_BYTES)));
        header->length = file.size ();
        std::atomic_thread_fence (std::memory_order_release);
        header->magic = FILE_SEGMENT_MAGIC;
    }
    catch (...)
    {
        join::ShmMem::unlink (name);
        throw;
    }
    std::cout << "placement of " << name << ", which holds a file of " << file.size () << " bytes\n";
    report::print (std::cout, memory.placement ());
}
}  // namespace

int main (int argc, char** argv)
{
    if (argc != 3)
    {
        std::cerr << "usage: put FILE NAME\n       put --unlink NAME\n";
        return 2;
    }
    try
    {
        if (std::strcmp (argv[1], "--unlink") != 0)
        {
            put (argv[1], argv[2]);
        }
        else if (join::ShmMem::unlink (argv[2]) == -1)
        {
            throw Problem (join::lastError.message ());
        }
    }
    catch (const std::exception& error)
    {
        std::cerr << "demo: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
