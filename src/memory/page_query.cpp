// SPDX-License-Identifier: MIT
// Queries about the pages of a range, a batch of pages for each system call.
#include "memory/page_query.hpp"

#include "memory/mapping.hpp"
#include "os/numa.hpp"
#include "os/pages.hpp"
#include "os/scratch.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr std::size_t batch = 512;  // pages for each call of move_pages(2)
}  // namespace

uint64_t residentBytes (const void* address, std::size_t bytes) noexcept
{
    unsigned char resident[1024];
    const std::size_t page = os::basePageSize ();
    const std::size_t begin = reinterpret_cast<std::size_t> (address) / page * page;
    const std::size_t end = roundUp (reinterpret_cast<std::size_t> (address) + bytes, page);
    uint64_t count = 0;
    for (std::size_t at = begin; at < end; at += sizeof (resident) * page)
    {
        const std::size_t pages = (end - at) / page < sizeof (resident) ? (end - at) / page : sizeof (resident);
        if (os::residency (reinterpret_cast<void*> (at), pages * page, resident) != 0)
        {
            return 0;
        }
        for (std::size_t i = 0; i < pages; ++i)
        {
            count += resident[i] & 1U;
        }
    }
    return count * page;
}

int eachPage (void* address, std::size_t bytes, void (*visit) (void* page, int node, void* with), void* with,
              uint64_t most) noexcept
{
    struct Batch
    {
        void* pages[batch];
        int nodes[batch];
    };
    const os::Scratch<Batch> some;
    if (!some)
    {
        return ENOMEM;
    }
    void** const pages = some->pages;
    int* const nodes = some->nodes;
    const std::size_t page = os::basePageSize ();
    char* next = static_cast<char*> (address);
    char* const end = next + bytes;
    uint64_t found = 0;
    while (next < end && found < most)
    {
        std::size_t count = 0;
        for (; count < batch && next < end; ++count, next += page)
        {
            pages[count] = next;
        }
        if (int error = os::queryPages (pages, count, nodes))
        {
            return error;
        }
        for (std::size_t i = 0; i < count; ++i)
        {
            if (nodes[i] >= 0)
            {
                ++found;
                visit (pages[i], nodes[i], with);
            }
        }
    }
    return 0;
}

}  // namespace JOIN_ABI
}  // namespace join
