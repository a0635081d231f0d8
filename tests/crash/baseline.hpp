// SPDX-License-Identifier: MIT
/// Shared and private memory written the usual way: baselines that the tests of this folder must find faulty.
#ifndef JOIN_TESTS_CRASH_BASELINE_HPP
#define JOIN_TESTS_CRASH_BASELINE_HPP

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <system_error>

namespace crash
{
/// shm_open, ftruncate, mmap: the name appears before the segment is complete, and nothing shows who is attached. The
/// descriptor stays open, nothing is allocated, and a throwing constructor leaves what it has created.
class BaselineShm
{
public:
    BaselineShm (uint64_t size, const char* name, const join::MemOptions& options = join::MemOptions ())
    {
        const int mode = options.openMode == join::OpenMode::OpenOnly ? 0 : O_CREAT | O_EXCL;
        _file = ::shm_open (name, O_RDWR | mode, options.permissions);
        _created = _file != -1 && mode != 0;
        if (_file == -1 && mode != 0 && options.openMode == join::OpenMode::CreateOrOpen && errno == EEXIST)
        {
            _file = ::shm_open (name, O_RDWR, 0);
        }
        check (_file != -1, "shm_open");
        ::sched_yield ();  // as if preempted here: the window exists anyway, this makes it visible
        check (!_created || ::ftruncate (_file, static_cast<off_t> (size)) == 0, "ftruncate");
        struct stat status = {};
        check (::fstat (_file, &status) == 0, "fstat");
        _size = size != 0 ? size : static_cast<uint64_t> (status.st_size);
        errno = EINVAL;
        check (_size == static_cast<uint64_t> (status.st_size), "the segment has another size");
        _base = ::mmap (nullptr, _size, PROT_READ | PROT_WRITE, MAP_SHARED, _file, 0);
        check (_base != MAP_FAILED, "mmap");
    }

    BaselineShm (const BaselineShm&) = delete;
    BaselineShm& operator= (const BaselineShm&) = delete;

    ~BaselineShm ()
    {
        ::munmap (_base, _size);
        ::close (_file);
    }

    void* get ()
    {
        return _base;
    }

    uint64_t size () const
    {
        return _size;
    }

    bool created () const
    {
        return _created;
    }

    join::Placement placement () const
    {
        return join::Placement ();
    }

    static int unlink (const char* name)
    {
        return ::shm_unlink (name);
    }

private:
    static void check (bool fine, const char* what)
    {
        if (!fine)
        {
            throw std::system_error (errno, std::system_category (), what);
        }
    }

    int _file = -1;
    bool _created = false;
    uint64_t _size = 0;
    void* _base = nullptr;
};

/// Regards the name as its own: its destructor unlinks, in a forked child too.
class BaselineOwner : public BaselineShm
{
public:
    BaselineOwner (uint64_t size, const char* name, const join::MemOptions& options = join::MemOptions ())
    : BaselineShm (size, name, options)
    , _name (name)
    {
    }

    ~BaselineOwner ()
    {
        ::shm_unlink (_name.c_str ());
    }

private:
    std::string _name;
};

/// Locks a descriptor of its own beside the mapping: closefrom releases the lock, and it is taken after the name
/// appears.
class DescriptorLock : public BaselineShm
{
public:
    DescriptorLock (uint64_t size, const char* name, const join::MemOptions& options = join::MemOptions ())
    : BaselineShm (size, name, options)
    , _held (::shm_open (name, O_RDWR, 0))
    {
        struct flock lock = {};
        lock.l_type = F_RDLCK;
        lock.l_start = off_t (1) << 62;
        lock.l_len = 1;
        ::fcntl (_held, F_OFD_SETLK, &lock);
    }

    ~DescriptorLock ()
    {
        ::close (_held);
    }

private:
    int _held;
};

/// Anonymous memory that a forked child also writes to.
class BaselineLocal
{
public:
    explicit BaselineLocal (uint64_t size, const join::MemOptions& = join::MemOptions ())
    : _size (size)
    , _base (::mmap (nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
    }

    BaselineLocal (const BaselineLocal&) = delete;
    BaselineLocal& operator= (const BaselineLocal&) = delete;

    ~BaselineLocal ()
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
    uint64_t _size;
    void* _base;
};

}  // namespace crash

#endif
