// SPDX-License-Identifier: MIT
/// A process that is stopped or killed in the middle of a push: it reads its elements from a page that it must not
/// read, after the claim and before the publication, and the fault stops it there.
#ifndef JOIN_TESTS_QUEUE_VICTIM_HPP
#define JOIN_TESTS_QUEUE_VICTIM_HPP

#include <csignal>
#include <cstring>
#include <functional>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

class Victim
{
public:
    static constexpr std::size_t page = 4096;

    /// What the fault does to the process.
    enum class End
    {
        Killed,
        Stopped,  // once continued, its push continues as well
    };

    /// Forks a process that calls `push` with the address of elements; those from byte `bytes` on cannot be read.
    Victim (End end, const void* elements, std::size_t bytes, std::size_t all,
            const std::function<int (const void*)>& push)
    : _pid (::fork ())
    {
        if (_pid != 0)
        {
            return;
        }
        char* pages =
            static_cast<char*> (::mmap (nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        forbidden () = pages + page;
        ending () = end;
        std::memcpy (pages + page - bytes, elements, all);
        ::mprotect (pages + page, page, PROT_NONE);
        struct sigaction action = {};
        action.sa_handler = [] (int) {
            ::kill (::getpid (), ending () == End::Killed ? SIGKILL : SIGSTOP);
            ::mprotect (forbidden (), page, PROT_READ | PROT_WRITE);
        };
        ::sigaction (SIGSEGV, &action, nullptr);
        ::_exit (push (pages + page - bytes));
    }

    Victim (const Victim&) = delete;
    Victim& operator= (const Victim&) = delete;

    ~Victim ()
    {
        if (_pid > 0)
        {
            ::kill (_pid, SIGKILL);
            ::waitpid (_pid, nullptr, 0);
        }
    }

    /// Waits for the process to die; returns whether SIGKILL killed it.
    bool isKilled ()
    {
        int status = 0;
        const bool reaped = ::waitpid (_pid, &status, 0) == _pid;
        _pid = -1;
        return reaped && WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
    }

    bool isStopped ()
    {
        int status = 0;
        return ::waitpid (_pid, &status, WUNTRACED) == _pid && WIFSTOPPED (status);
    }

    void kill ()
    {
        ::kill (_pid, SIGKILL);
    }

    /// Continues the process and returns the result of its push.
    int goOn ()
    {
        ::kill (_pid, SIGCONT);
        int status = 0;
        ::waitpid (_pid, &status, 0);
        _pid = -1;
        return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
    }

private:
    static char*& forbidden ()
    {
        static char* address = nullptr;
        return address;
    }

    static End& ending ()
    {
        static End end = End::Killed;
        return end;
    }

    pid_t _pid;
};

/// A process claims a cell of the queue and dies in its push. Returns whether it died.
template <typename Queue>
bool dieIn (Queue& queue)
{
    const uint64_t element = 1000;
    Victim victim (Victim::End::Killed, &element, 0, sizeof (element),
                   [&] (const void* from) { return queue.tryPush (*static_cast<const uint64_t*> (from)); });
    return victim.isKilled ();
}

#endif
