// SPDX-License-Identifier: MIT
/// Starts a program that receives, waits for it, and kills it if this process ends.
#ifndef DEMO_RECEIVER_HPP
#define DEMO_RECEIVER_HPP

#include "file.hpp"
#include "rounds.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>

/// One receiver at a time. It prints a line "ready" when it can receive, and its result as a line at the end.
class Receiver
{
public:
    /// @param input becomes its stdin and is closed here; -1: it inherits the stdin of this process
    Receiver (const std::vector<std::string>& command, int input)
    {
        std::vector<char*> arguments;
        for (const std::string& argument : command)
        {
            arguments.push_back (const_cast<char*> (argument.c_str ()));
        }
        arguments.push_back (nullptr);
        int output[2];
        sigset_t before;
        // Blocks the signals until the process id is recorded, so that the receiver is killed in any case.
        ::sigprocmask (SIG_BLOCK, &ending (), &before);
        pid_t parent = ::getpid ();
        pid_t pid = ::pipe2 (output, O_CLOEXEC) == 0 ? ::fork () : -1;
        if (pid == 0)
        {
            become (arguments, input, output[1], parent, before);
        }
        current = pid;
        ::sigprocmask (SIG_SETMASK, &before, nullptr);
        if (pid == -1)
        {
            throw Problem (command[0] + ": " + std::strerror (errno));
        }
        ::close (output[1]);
        if (input != -1)
        {
            ::close (input);
        }
        _output = output[0];
    }

    Receiver (const Receiver&) = delete;
    Receiver& operator= (const Receiver&) = delete;

    ~Receiver ()
    {
        if (current > 0)
        {
            ::kill (current, SIGKILL);
            reap ();
        }
        ::close (_output);
    }

    /// The next line of its output, without the newline.
    std::string line ()
    {
        std::string line;
        for (char c = 0; c != '\n';)
        {
            ssize_t n = ::read (_output, &c, 1);
            if (n == 0)
            {
                throw Problem ("the receiver ended too soon");
            }
            line.append (n == 1 && c != '\n' ? 1 : 0, c);
        }
        return line;
    }

    /// Whether it has ended; does not wait.
    bool ended () const
    {
        siginfo_t info {};
        return ::waitid (P_PID, static_cast<id_t> (current), &info, WEXITED | WNOHANG | WNOWAIT) == 0
               && info.si_pid != 0;
    }

    /// The CPU time that it has used so far.
    double cpuSeconds () const
    {
        clockid_t clock = 0;
        return ::clock_getcpuclockid (current, &clock) == 0 ? ::cpuSeconds (clock) : 0;
    }

    void finish ()
    {
        int status = reap ();
        if (status != 0)
        {
            throw Problem ("the receiver failed");
        }
    }

    /// Installs handlers: a signal that ends this process first kills the receiver and waits for its end.
    static void takeAlong ()
    {
        struct sigaction action
        {
        };
        action.sa_handler = killAndEnd;
        for (int number : {SIGINT, SIGTERM, SIGHUP})
        {
            ::sigaction (number, &action, nullptr);
        }
    }

private:
    static const sigset_t& ending ()
    {
        static const sigset_t set = [] {
            sigset_t made;
            ::sigemptyset (&made);
            for (int number : {SIGINT, SIGTERM, SIGHUP})
            {
                ::sigaddset (&made, number);
            }
            return made;
        }();
        return set;
    }

    [[noreturn]] static void become (const std::vector<char*>& arguments, int input, int output, pid_t parent,
                                     const sigset_t& signals)
    {
        ::prctl (PR_SET_PDEATHSIG, SIGKILL);  // if this process is killed
        for (int number : {SIGINT, SIGTERM, SIGHUP})
        {
            ::signal (number, number == SIGTERM
                                  ? SIG_DFL
                                  : SIG_IGN);  // a terminal signals both processes; the parent kills this one
        }
        ::sigprocmask (SIG_SETMASK, &signals, nullptr);
        if (::getppid () == parent && ::dup2 (output, STDOUT_FILENO) != -1
            && (input == -1 || ::dup2 (input, STDIN_FILENO) != -1))
        {
            ::execvp (arguments[0], arguments.data ());
        }
        ::_exit (127);
    }

    static void killAndEnd (int number)
    {
        if (current > 0)
        {
            ::kill (current, SIGKILL);
            ::waitpid (current, nullptr, 0);
        }
        ::signal (number, SIG_DFL);
        ::raise (number);
    }

    // Clears the process id while signals are blocked, because the kernel may give it to another process.
    static int reap ()
    {
        sigset_t before;
        siginfo_t info;
        int status = 0;
        ::waitid (P_PID, static_cast<id_t> (current), &info, WEXITED | WNOWAIT);
        ::sigprocmask (SIG_BLOCK, &ending (), &before);
        ::waitpid (current, &status, 0);
        current = 0;
        ::sigprocmask (SIG_SETMASK, &before, nullptr);
        return status;
    }

    static inline volatile pid_t current = 0;
    int _output = -1;
};

#endif
