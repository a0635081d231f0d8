// SPDX-License-Identifier: MIT
/// What the bench changes on the machine is put back by a process that outlives it, however the bench ends: the number
/// of reserved huge pages, and the name of its segment.
#ifndef BENCH_MEMORY_GUARDIAN_HPP
#define BENCH_MEMORY_GUARDIAN_HPP

#include <cstddef>
#include <string>
#include <sys/types.h>

namespace bench
{
class Guardian
{
public:
    /// Begins to watch; before anything is changed. @param segment the name to remove at the end, with its slash
    explicit Guardian (const std::string& segment);
    Guardian (const Guardian&) = delete;
    Guardian& operator= (const Guardian&) = delete;

    /// Everything is put back when it returns.
    ~Guardian ();

    /// Sees to it that so many huge pages of the pool are free. @return empty, or why they are not
    std::string reserve (std::size_t pages);

private:
    int _alive = -1;  // closed by the kernel when the last process of the bench is gone
    pid_t _child = -1;
};

}  // namespace bench

#endif
