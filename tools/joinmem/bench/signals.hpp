// SPDX-License-Identifier: MIT
// Signals that end a run. They are blocked while it lasts, and taken where it waits: so none comes between the making of
// a segment and the note that it has to be removed.
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

    /// Sleeps until that time of the monotonic clock. @return whether it ends early, since a child may have ended
    /// @throw Stop SIGINT, SIGTERM or SIGHUP has come
    bool waitUntil (uint64_t nanos);

    /// The same without sleeping, for what takes long and does not wait.
    void look ();

private:
    sigset_t _taken;
    sigset_t _maskBefore;
    struct sigaction _childBefore;
};

}  // namespace tool::bench

#endif
