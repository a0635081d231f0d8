// SPDX-License-Identifier: MIT
/// A child process under ptrace(2), run from system call to system call or from instruction to instruction: each call
/// can be looked at, made to fail, or be the last one.
///
///     Traced child ([] { mark (1); shm_unlink ("/x"); mark (2); return 0; });
///     child.between (1, 2, [&] (Stop stop)               // at the entry and at the exit of each call in between
///     {
///         if (stop == Stop::Entry && child.call ().number == SYS_unlink) child.fail (EACCES);
///         return true;                                   // false: leave the child there
///     });
///     int status = child.finish ();                      // as waitpid(2) tells
///
/// The thread that makes a Traced is the one that may use it. Only the child's main thread is traced; a process that
/// dies takes its traced children along. x86-64 and aarch64.
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
    int64_t result = 0;   ///< at Exit: what the caller sees, -errno where it failed
    bool failed = false;  ///< at Exit: it was replaced by fail ()
};

enum class Stop
{
    Entry,        ///< the call is not made yet
    Exit,         ///< it is, and the child knows nothing of it yet
    Instruction,  ///< one more instruction was executed
    Gone,         ///< the process has ended, and is reaped
};

class Traced
{
public:
    /// Forks. The child stands still before `body`, whose result is its exit code.
    explicit Traced (const std::function<int ()>& body);
    Traced (const Traced&) = delete;
    Traced& operator= (const Traced&) = delete;

    /// Kills what still runs.
    ~Traced ();

    /// Runs to the next entry or exit of a system call.
    Stop toSystemCall ();

    /// Executes one instruction. Within a system call counts as one.
    Stop step ();

    /// Runs to where the child called mark (id); false: it ended before.
    bool toMark (unsigned id);

    /// Runs to mark (first) and calls `at` at each stop after it, up to mark (last). False: the child ended, or `at`
    /// returned false and it stands still there.
    bool between (unsigned first, unsigned last, const std::function<bool (Stop)>& at);

    /// At Entry: the kernel is not asked, the caller sees `error`.
    void fail (int error);

    /// SIGKILL, and waits until its address space is gone.
    void kill ();

    /// Runs it to its end, unseen. The status of waitpid(2).
    int finish ();

    const SystemCall& call () const
    {
        return _call;
    }

    pid_t pid () const
    {
        return _pid;
    }

    /// The status of waitpid(2), once Gone.
    int status () const
    {
        return _status;
    }

    uint64_t instructionPointer () const;

    /// The string at that address of the child; empty where there is none.
    std::string text (uint64_t address) const;

private:
    Stop resume (int request);
    Stop readCall ();
    bool isMark (unsigned id) const;

    pid_t _pid = -1;
    int _status = 0;
    int _error = 0;  // of the call that is replaced, until its exit
    bool _gone = false;
    SystemCall _call;
};

/// In the child: a place that the tracer knows again. A system call that changes nothing, and is not counted.
void mark (unsigned id);

/// Why no process may be traced here; empty where it may.
std::string whyNotTraced ();

/// What waitpid(2) said, in words: "exit code 0", "signal 11 (Segmentation fault)".
std::string describe (int status);

/// The name of a call, as far as the tests have come across it, and its number.
std::string callName (long number);

}  // namespace crash

#endif
