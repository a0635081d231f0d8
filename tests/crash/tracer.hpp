// SPDX-License-Identifier: MIT
/// A child process under ptrace(2) that runs from system call to system call, or from instruction to instruction. The
/// test can read each call, make it fail, or kill the child there.
///
///     Traced child ([] { mark (1); shm_unlink ("/x"); mark (2); return 0; });
///     child.between (1, 2, [&] (Stop stop)               // at the entry and at the exit of each call in between
///     {
///         if (stop == Stop::Entry && child.call ().number == SYS_unlink) child.fail (EACCES);
///         return true;                                   // false: leave the child there
///     });
///     int status = child.finish ();                      // the status of waitpid(2)
///
/// Only the thread that creates a Traced may use it. Only the child's main thread is traced; when a process dies, its
/// traced children die with it. x86-64 and aarch64.
#ifndef JOIN_TESTS_CRASH_TRACER_HPP
#define JOIN_TESTS_CRASH_TRACER_HPP

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

namespace crash
{
struct SystemCall
{
    long number = -1;
    uint64_t arguments[6] = {};
    int64_t result = 0;   ///< at Exit: what the caller gets, -errno for a failure
    bool failed = false;  ///< at Exit: fail () replaced the result
};

enum class Stop
{
    Entry,        ///< the call has not been made
    Exit,         ///< the call has been made, the child has not resumed
    Instruction,  ///< one more instruction was executed
    Gone,         ///< the process has ended and has been reaped
};

class Traced
{
public:
    /// Forks. The child stops before `body`, whose result becomes its exit code.
    explicit Traced (const std::function<int ()>& body);
    Traced (const Traced&) = delete;
    Traced& operator= (const Traced&) = delete;

    /// Kills the child if it still runs.
    ~Traced ();

    /// Runs to the next entry or exit of a system call.
    Stop toSystemCall ();

    /// Executes one instruction; a system call counts as one.
    Stop step ();

    /// Runs to the child's call of mark (id). @return false if the child ended before it
    bool toMark (unsigned id);

    /// Runs to mark (first) and calls `at` at each stop after it, up to mark (last). @return false if the child ended,
    /// or if `at` returned false and the child is stopped there
    bool between (unsigned first, unsigned last, const std::function<bool (Stop)>& at);

    /// At Entry: the call is not made, and its caller gets `error`.
    void fail (int error);

    /// Sends SIGKILL and waits until the child's address space is gone.
    void kill ();

    /// Runs the child to its end without stops. @return the status of waitpid(2)
    int finish ();

    const SystemCall& call () const
    {
        return _call;
    }

    pid_t pid () const
    {
        return _pid;
    }

    /// The status of waitpid(2), after Gone.
    int status () const
    {
        return _status;
    }

    uint64_t instructionPointer () const;

    /// The string at that address of the child; empty if there is none.
    std::string text (uint64_t address) const;

private:
    Stop resume (int request);
    Stop readCall ();
    bool isMark (unsigned id) const;

    pid_t _pid = -1;
    int _status = 0;
    int _error = 0;  // for the replaced call, until its exit
    bool _gone = false;
    SystemCall _call;
};

/// In the child: a point that the tracer recognises. It is a system call that changes nothing and is not counted.
void mark (unsigned id);

/// Why no process may be traced here; empty if tracing works.
std::string whyNotTraced ();

/// The status of waitpid(2) in words: "exit code 0", "signal 11 (Segmentation fault)".
std::string describe (int status);

/// The name of a call that the tests know, and its number.
std::string callName (long number);

}  // namespace crash

#endif
