// SPDX-License-Identifier: MIT
// Binding memory to a NUMA node with mbind(2). A 0 of mbind(2) does not prove that pages moved: the nodes of the pages
// are read back with move_pages(2), and pages that stayed are moved one by one.
#include "memory/binding.hpp"

#include "memory/available.hpp"
#include "memory/page_query.hpp"
#include "base/retry.hpp"
#include "os/pages.hpp"
#include "os/scratch.hpp"
#include "os/text.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr std::size_t batch = 512;
constexpr int rounds = 4;  // a page that another thread holds for a moment moves in a later round

struct Count
{
    int node = 0;
    std::size_t elsewhere = 0;
};

void countElsewhere (void*, int node, void* with) noexcept
{
    Count* count = static_cast<Count*> (with);
    count->elsewhere += node != count->node ? 1 : 0;
}

// mbind(2) does not move pages of a file that this mapping has not touched. So pages that are in RAM are mapped first;
// the others stay untouched.
Failure mapResident (char* address, std::size_t bytes) noexcept
{
    unsigned char resident[batch];
    const std::size_t page = os::basePageSize ();
    for (std::size_t done = 0; done < bytes; done += batch * page)
    {
        const std::size_t count = (bytes - done < batch * page ? bytes - done : batch * page) / page;
        if (os::residency (address + done, count * page, resident) != 0)
        {
            return Failure (EFAULT, "part of the %s at %p is not mapped: give a range that is", SizeText (bytes).text,
                            static_cast<void*> (address));
        }
        for (std::size_t i = 0, end; i < count; i = end)
        {
            const bool in = (resident[i] & 1) != 0;
            for (end = i + 1; end < count && ((resident[end] & 1) != 0) == in; ++end)
            {
            }
            if (in)
            {
                char* from = address + done + i * page;
                const int error = retryTransient ([=] { return os::populate (from, (end - i) * page, false); });
                // EINVAL: the mapping is not readable; or Linux before 5.14, where pages that are mapped are enough.
                void* first = from;
                int node = -1;
                const bool seen = error == EINVAL && os::queryPages (&first, 1, &node) == 0 && node >= 0;
                if (error != 0 && !seen)
                {
                    return Failure (EFAULT,
                                    "the pages at %p are in RAM, but this mapping is not readable, so they cannot be "
                                    "moved: map them with PROT_READ",
                                    static_cast<void*> (from));
                }
            }
        }
    }
    return Failure ();
}

struct Stragglers
{
    int node = 0;
    os::Move move = os::Move::Own;
    bool full = false;
    std::size_t count = 0;
    void* pages[batch];
    int status[batch];
};

void moveStragglers (Stragglers* left) noexcept
{
    if (left->count != 0 && os::movePages (left->pages, left->count, left->node, left->move, left->status) == ENOMEM)
    {
        left->full = true;
    }
    left->count = 0;
}

void collectStraggler (void* page, int node, void* with) noexcept
{
    Stragglers* left = static_cast<Stragglers*> (with);
    if (node == left->node)
    {
        return;
    }
    left->pages[left->count++] = page;
    if (left->count == batch)
    {
        moveStragglers (left);
    }
}

// Moves pages one by one. @return false if the node is full; a page that is merely held stays where it is.
bool moveOneByOne (char* address, std::size_t bytes, int node, os::Move move) noexcept
{
    const os::Scratch<Stragglers> left;
    if (!left)
    {
        return true;
    }
    left->node = node;
    left->move = move;
    eachPage (address, bytes, collectStraggler, &*left);
    moveStragglers (&*left);
    return !left->full;
}

// Tries the policy on a page of its own, for the kernel's opinion of the node.
Failure tryPolicy (int node) noexcept
{
    void* page = nullptr;
    if (os::reserve (os::basePageSize (), &page) != 0)
    {
        return Failure ();
    }
    Failure failure = setPolicy (page, os::basePageSize (), node, os::Move::None);
    os::unmap (page, os::basePageSize ());
    return failure;
}

int countOff (char* address, std::size_t bytes, int node, std::size_t* elsewhere) noexcept
{
    Count count;
    count.node = node;
    const int error = eachPage (address, bytes, countElsewhere, &count);
    *elsewhere = count.elsewhere;
    return error;
}
}  // namespace

Failure setPolicy (void* address, std::size_t bytes, int node, os::Move move) noexcept
{
    if (node < 0 || node >= os::maxNodes)
    {
        return Failure (EINVAL, "node %d does not exist: nodes are numbered from 0 to %d", node, os::maxNodes - 1);
    }
    const int error = os::bindPages (address, bytes, node, move);
    switch (error)
    {
        case 0:
            return Failure ();
        case EINVAL:
        {
            char nodes[128];
            os::firstLine ("/sys/devices/system/node/has_memory", nodes, sizeof (nodes));
            return Failure (
                EINVAL,
                "node %d does not exist, is offline, has no memory or is outside the cpuset: nodes with memory are %s",
                node, nodes[0] != '\0' ? nodes : "unknown");
        }
        case ENOSYS:
            return Failure (
                ENOSYS,
                "NUMA placement is not available: the library was built without libnuma, or the kernel lacks mbind");
        case EPERM:
            return Failure (
                EPERM,
                "mbind is forbidden, usually by a seccomp filter: allow it, or place the whole process (numactl)");
        case EFAULT:
            return Failure (EFAULT, "part of the %s at %p is not mapped: give a range that is", SizeText (bytes).text,
                            address);
        default:
            return Failure (error, "%s cannot be bound to node %d", SizeText (bytes).text, node);
    }
}

Failure checkBound (const void* address, std::size_t bytes) noexcept
{
    int node = -1;
    if (os::boundNode (address, &node) != 0 || node < 0)
    {
        return Failure ();
    }
    const uint64_t resident = residentBytes (address, bytes);
    return resident < bytes ? checkNodeRoom (node, bytes - resident) : Failure ();
}

Failure bindRange (void* start, std::size_t bytes, int node, bool pooled) noexcept
{
    char* address = static_cast<char*> (start);
    const std::size_t page = os::basePageSize ();
    if (node < 0 || node >= os::maxNodes)
    {
        return setPolicy (address, bytes, node, os::Move::None);
    }
    if (Failure failure = mapResident (address, bytes))
    {
        return failure;
    }
    std::size_t elsewhere = 0;
    int error = countOff (address, bytes, node, &elsewhere);
    if (error == 0 && !pooled && elsewhere != 0)
    {
        if (Failure failure = checkNodeRoom (node, elsewhere * page))
        {
            // A node that does not exist has no room either; the kernel's errno for it is the better one.
            Failure unfit = tryPolicy (node);
            return unfit ? unfit : failure;
        }
    }
    if (Failure failure = setPolicy (address, bytes, node, os::Move::Own))
    {
        return failure;
    }
    bool room = true;
    for (int i = 0; i < rounds && error == 0; ++i)
    {
        error = countOff (address, bytes, node, &elsewhere);
        if (error != 0 || elsewhere == 0)
        {
            break;
        }
        const bool all = os::bindPages (address, bytes, node, os::Move::All) == 0;  // EPERM without CAP_SYS_NICE
        room = moveOneByOne (address, bytes, node, all ? os::Move::All : os::Move::Own);
        error = countOff (address, bytes, node, &elsewhere);
    }
    if (error != 0)
    {
        return Failure (error, "the nodes of the pages cannot be read (move_pages); the policy for node %d is set",
                        node);
    }
    if (elsewhere == 0)
    {
        return Failure ();
    }
    if (!room)
    {
        return Failure (
            ENOMEM, "node %d is full: %zu of %zu pages remain on other nodes: free memory there, or use another node",
            node, elsewhere, bytes / page);
    }
    return Failure (EBUSY,
                    "%zu of %zu pages could not be moved to node %d, because other processes map them or they are "
                    "pinned; the policy is set: bind before sharing, or grant CAP_SYS_NICE",
                    elsewhere, bytes / page, node);
}

}  // namespace JOIN_ABI
}  // namespace join
