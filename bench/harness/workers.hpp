// SPDX-License-Identifier: MIT
/// Runs the same work in several threads or forked processes. `joinmem bench` has its own workers
/// (tools/joinmem/bench/workers.hpp): always two, which it must be able to stop at a signal or a failure.
#ifndef BENCH_HARNESS_WORKERS_HPP
#define BENCH_HARNESS_WORKERS_HPP

#include <ctime>
#include <functional>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace harness
{
/// Forks a child that dies with this thread. @return 0 in the child @throw std::system_error
pid_t forkChild ();

/// Waits until the child has ended. @return its status
int awaitChild (pid_t child);

/// Runs work (worker) in that many threads or processes. An exception in a worker ends its process.
class Workers
{
public:
    Workers (unsigned count, bool processes, const std::function<void (unsigned worker)>& work);
    Workers (const Workers&) = delete;
    Workers& operator= (const Workers&) = delete;

    /// Seconds of CPU time that all of them have used, before they end.
    double used () const;

    /// Waits until all have ended. @throw std::runtime_error a process failed
    void join ();

private:
    void start (unsigned worker, const std::function<void (unsigned)>& work);
    void fork (unsigned worker, const std::function<void (unsigned)>& work);

    std::vector<std::thread> _threads;
    std::vector<pid_t> _children;
    std::vector<clockid_t> _clocks;  // CPU-time clocks
};

}  // namespace harness

#endif
