// SPDX-License-Identifier: MIT
// Signals that end a run. They are blocked during the run and accepted only where it waits, so that none arrives
// between the creation of a segment and the record that it must be removed.
#ifndef JOINMEM_TOOL_BENCH_SIGNALS_HPP
#define JOINMEM_TOOL_BENCH_SIGNALS_HPP

#include <csignal>
#include <cstdint>

namespace tool::bench
{
class Signals
{
public:
    Signals ();
    Signals (const Signals&) = delete;
    Signals& operator= (const Signals&) = delete;
    ~Signals ();

    /// Sleeps until that time of the monotonic clock. @return whether it ended early, because a child may have ended
    /// @throw Stop SIGINT, SIGTERM or SIGHUP has arrived
    bool waitUntil (uint64_t nanos);

    /// The same without sleeping, for long work that does not wait.
    void look ();

private:
    sigset_t _taken;
    sigset_t _maskBefore;
    struct sigaction _childBefore;
};

}  // namespace tool::bench

#endif
