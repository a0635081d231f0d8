// SPDX-License-Identifier: MIT
/// The bytes of any segment, a queue's too, which ShmMem does not open.
#ifndef JOIN_TESTS_SEGMENT_FILE_HPP
#define JOIN_TESTS_SEGMENT_FILE_HPP

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// Maps the segment for reading and writing, in whole pages, without an attach lock.
class SegmentFile
{
public:
    /// @param name with its leading slash
    explicit SegmentFile (const std::string& name)
    {
        struct stat status = {};
        const int file = ::shm_open (name.c_str (), O_RDWR, 0);
        if (file != -1 && ::fstat (file, &status) == 0)
        {
            _size = (static_cast<std::size_t> (status.st_size) + 4095) / 4096 * 4096;
            _base = ::mmap (nullptr, _size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        }
        const int error = errno;
        if (file != -1)
        {
            ::close (file);
        }
        if (_base == MAP_FAILED)
        {
            throw std::system_error (error, std::generic_category (), "the segment " + name + " cannot be mapped");
        }
    }

    SegmentFile (const SegmentFile&) = delete;
    SegmentFile& operator= (const SegmentFile&) = delete;

    ~SegmentFile ()
    {
        ::munmap (_base, _size);
    }

    void* get ()
    {
        return _base;
    }

    uint64_t size () const
    {
        return _size;
    }

private:
    void* _base = MAP_FAILED;
    std::size_t _size = 0;
};

#endif
