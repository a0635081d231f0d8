// SPDX-License-Identifier: MIT
/// A process that outlives the bench restores what the bench changes on the machine, however the bench ends: the number
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
    /// Starts the guardian; call it before any change. @param segment the name to remove at the end, with its slash
    explicit Guardian (const std::string& segment);
    Guardian (const Guardian&) = delete;
    Guardian& operator= (const Guardian&) = delete;

    /// Returns after everything has been restored.
    ~Guardian ();

    /// Reserves huge pages until so many of the pool are free. @return empty, or the reason for a failure
    std::string reserve (std::size_t pages);

private:
    int _alive = -1;  // the kernel closes it with the last process of the bench
    pid_t _child = -1;
};

}  // namespace bench

#endif
