// SPDX-License-Identifier: MIT
// Another process that does one thing, reports that it is done, and stays until the destructor kills it.
#ifndef JOIN_TESTS_VM_OTHER_HPP
#define JOIN_TESTS_VM_OTHER_HPP

#include "check.hpp"

#include <csignal>
#include <functional>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

class Other
{
public:
    explicit Other (const std::function<void ()>& does)
    : _child (::fork ())
    {
        if (_child == 0)
        {
            ::prctl (PR_SET_PDEATHSIG, SIGKILL);
            does ();
            ::raise (SIGSTOP);
            ::_exit (0);
        }
        int status = 0;
        ::waitpid (_child, &status, WUNTRACED);
        if (!WIFSTOPPED (status))
        {
            check::broken (__FILE__, __LINE__, "the other process ended with status " + std::to_string (status));
        }
    }

    Other (const Other&) = delete;
    Other& operator= (const Other&) = delete;

    ~Other ()
    {
        ::kill (_child, SIGKILL);
        ::waitpid (_child, nullptr, 0);
    }

    /// What the call returns, or the errno that it throws, in a process of its own; from 128: the signal that killed
    /// it.
    static int in (const std::function<int ()>& call)
    {
        const pid_t child = ::fork ();
        if (child == 0)
        {
            ::prctl (PR_SET_PDEATHSIG, SIGKILL);
            int result = 0;
            const int error = check::errorOf ([&] { result = call (); });
            ::_exit (error != 0 ? error : result);
        }
        int status = 0;
        ::waitpid (child, &status, 0);
        return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
    }

private:
    pid_t _child;
};

#endif
