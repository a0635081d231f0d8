// SPDX-License-Identifier: MIT
// Built with a queue.hpp whose QueueOptions end earlier. They lie at the very end of a page, and the next page is not
// mapped, so that a library that reads beyond structSize crashes here.
#include <join/queue.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <new>

namespace
{
void* beforeAGuard (std::size_t size)
{
    const auto page = static_cast<std::size_t> (::sysconf (_SC_PAGESIZE));
    void* pages = ::mmap (nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || ::mprotect (static_cast<char*> (pages) + page, page, PROT_NONE) != 0)
    {
        throw std::bad_alloc ();
    }
    return static_cast<char*> (pages) + page - size;
}
}  // namespace

int main ()
{
    const auto* options = new (beforeAGuard (sizeof (join::QueueOptions))) join::QueueOptions;
    join::LocalMem::Mpmc::Queue<long> queue (8, join::MemOptions (), *options);
    long value = 7;
    std::printf ("%zu bytes of options\n", sizeof (join::QueueOptions));
    return queue.tryPush (value) == 0 && queue.tryPop (value) == 0 && queue.tag () == 0 ? 0 : 1;
}
