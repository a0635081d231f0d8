// SPDX-License-Identifier: MIT
// Built with a memory.hpp whose MemOptions end earlier. They lie at the very end of a page, and the next page is not
// mapped, so that a library that reads beyond structSize crashes here.
#include <join/memory.hpp>
#include <join/placement.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
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
    auto* options = new (beforeAGuard (sizeof (join::MemOptions))) join::MemOptions;
    options->huge = join::HugePages::Never;
    join::LocalMem memory (8192, *options);
    std::memset (memory.get (), 1, 8192);
    std::printf ("%zu bytes of options\n", sizeof (join::MemOptions));
    return memory.placement ().requestedHuge == join::HugePages::Never && memory.size () == 8192 ? 0 : 1;
}
