// SPDX-License-Identifier: MIT
// A progress bar on standard error, if that is a terminal. The destructor erases it.
#ifndef JOINMEM_TOOL_BENCH_PROGRESS_HPP
#define JOINMEM_TOOL_BENCH_PROGRESS_HPP

#include <cstddef>
#include <cstdint>
#include <string>

namespace tool::bench
{
class Progress
{
public:
    /// Prints nothing if quiet, or if standard error is not a terminal.
    explicit Progress (bool quiet);
    Progress (const Progress&) = delete;
    Progress& operator= (const Progress&) = delete;
    ~Progress ();

    void expect (std::size_t steps);

    /// Called when the measurement with this label begins.
    void step (const std::string& label);

private:
    void write (const std::string& line);

    bool _shown;
    std::size_t _steps = 1;
    std::size_t _done = 0;
    std::size_t _written = 0;  // columns
    uint64_t _start = 0;
};

}  // namespace tool::bench

#endif
