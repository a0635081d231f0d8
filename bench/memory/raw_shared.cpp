// SPDX-License-Identifier: MIT
// Named shared memory by system calls. None of these sequences is safe against racing creators, a full file system or a
// death on the way: they are the minimum, not a recommendation.
#include "raw.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace bench
{
namespace
{
constexpr int readWrite = PROT_READ | PROT_WRITE;

enum class Fill
{
    Touch,     // the usual way: pages come at the first touch
    Populate,  // MAP_POPULATE, pages come with the mapping
    Allocate,  // fallocate, then MADV_POPULATE_WRITE
    Collapse,  // fallocate, then MADV_COLLAPSE
    Seed,      // one base page of each huge page, then MADV_COLLAPSE
};

void seed (char* address, std::size_t bytes)
{
    for (std::size_t at = 0; at < bytes; at += hugePage)
    {
        *const_cast<volatile char*> (address + at) = 0;
    }
}

class Segment : public Way
{
public:
    explicit Segment (Fill fill)
    : _fill (fill)
    {
    }

    void* make (std::size_t bytes) override
    {
        const int fd = ::shm_open (sharedName ().c_str (), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        check (fd == -1, "shm_open");
        const bool allocate = _fill == Fill::Allocate || _fill == Fill::Collapse;
        check (allocate ? ::fallocate (fd, 0, 0, static_cast<off_t> (bytes)) != 0
                        : ::ftruncate (fd, static_cast<off_t> (bytes)) != 0,
               allocate ? "fallocate" : "ftruncate");
        char* address = _fill == Fill::Collapse || _fill == Fill::Seed ? mapAligned (fd, bytes) : mapPlain (fd, bytes);
        ::close (fd);
        return address;
    }

    void free () override
    {
        ::munmap (_mapped, _bytes);
        ::shm_unlink (sharedName ().c_str ());
    }

private:
    char* mapPlain (int fd, std::size_t bytes)
    {
        _bytes = bytes;
        _mapped = map (nullptr, bytes, readWrite, MAP_SHARED | (_fill == Fill::Populate ? MAP_POPULATE : 0), fd);
        if (_fill == Fill::Allocate)
        {
            advise (_mapped, bytes, MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE");
        }
        return _mapped;
    }

    char* mapAligned (int fd, std::size_t bytes)
    {
        _bytes = bytes + hugePage;
        _mapped = map (nullptr, _bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
        char* aligned = map (alignedUp (_mapped), bytes, readWrite, MAP_SHARED | MAP_FIXED, fd);
        if (_fill == Fill::Seed)
        {
            seed (aligned, bytes);
        }
        advise (aligned, bytes, MADV_COLLAPSE, "MADV_COLLAPSE");
        return aligned;
    }

    Fill _fill;
    char* _mapped = nullptr;
    std::size_t _bytes = 0;
};

void add (std::vector<Contender>& contenders, const char* name, std::size_t smallest, Fill fill)
{
    contenders.push_back (
        {name, Group::Raw, true, false, smallest, [fill] { return std::make_unique<Segment> (fill); }});
}
}  // namespace

void addRawShared (std::vector<Contender>& contenders)
{
    add (contenders, "shm_open, ftruncate, mmap, touch", basePage, Fill::Touch);
    add (contenders, "shm_open, ftruncate, mmap MAP_POPULATE", basePage, Fill::Populate);
    add (contenders, "shm_open, fallocate, mmap, MADV_POPULATE_WRITE", basePage, Fill::Allocate);
    add (contenders, "shm_open, fallocate, mmap aligned, MADV_COLLAPSE", hugePage, Fill::Collapse);
    add (contenders, "shm_open, ftruncate, mmap aligned, touch 1 in 512, MADV_COLLAPSE", hugePage, Fill::Seed);
}

}  // namespace bench
