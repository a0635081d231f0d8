// SPDX-License-Identifier: MIT
// Private memory by system calls, each sequence as short as possible.
#include "raw.hpp"

namespace bench
{
namespace
{
constexpr int readWrite = PROT_READ | PROT_WRITE;
constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

// mmap with these flags; the rest happens at the first touch.
class Plain : public Way
{
public:
    explicit Plain (int flags)
    : _flags (anonymous | flags)
    {
    }

    void* make (std::size_t bytes) override
    {
        _bytes = bytes;
        _address = map (nullptr, bytes, readWrite, _flags, -1);
        return _address;
    }

    void free () override
    {
        ::munmap (_address, _bytes);
    }

private:
    int _flags;
    char* _address = nullptr;
    std::size_t _bytes = 0;
};

// Transparent huge pages: maps one huge page more than requested, so that an aligned part of the size is inside.
class Transparent : public Way
{
public:
    void* make (std::size_t bytes) override
    {
        _bytes = bytes + hugePage;
        _address = map (nullptr, _bytes, readWrite, anonymous | MAP_NORESERVE, -1);
        char* aligned = alignedUp (_address);
        advise (aligned, bytes, MADV_HUGEPAGE, "MADV_HUGEPAGE");
        advise (aligned, bytes, MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE");
        return aligned;
    }

    void free () override
    {
        ::munmap (_address, _bytes);
    }

private:
    char* _address = nullptr;
    std::size_t _bytes = 0;
};

std::function<std::unique_ptr<Way> ()> plain (int flags)
{
    return [flags] { return std::make_unique<Plain> (flags); };
}
}  // namespace

void addRawLocal (std::vector<Contender>& contenders)
{
    contenders.push_back ({"mmap, touch", Group::Raw, false, false, basePage, plain (0)});
    contenders.push_back ({"mmap MAP_POPULATE", Group::Raw, false, false, basePage, plain (MAP_POPULATE)});
    contenders.push_back ({"mmap aligned, MADV_HUGEPAGE, MADV_POPULATE_WRITE", Group::Raw, false, false, hugePage,
                           [] { return std::make_unique<Transparent> (); }});
    contenders.push_back (
        {"mmap MAP_HUGETLB MAP_POPULATE", Group::Raw, false, true, hugePage, plain (MAP_HUGETLB | MAP_POPULATE)});
}

}  // namespace bench
