// SPDX-License-Identifier: MIT
// Signals. The program checks for them between two calls, so that no queue operation or write is cut in the middle.
#include "ending.hpp"

#include <cerrno>
#include <csignal>
#include <initializer_list>

#include <signal.h>
#include <sys/time.h>

namespace tool::stream
{
namespace
{
volatile std::sig_atomic_t firstCaught = 0;

void note (int signal)
{
    const int kept = errno;
    if (signal != SIGALRM && firstCaught == 0)
    {
        firstCaught = signal;
    }
    // The signal may have arrived between a check and a call that waits: a periodic timer interrupts that call.
    itimerval ticks = {};
    ticks.it_value.tv_usec = 20000;
    ticks.it_interval.tv_usec = 20000;
    ::setitimer (ITIMER_REAL, &ticks, nullptr);
    errno = kept;
}

void handle (int signal, void (*handler) (int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    ::sigemptyset (&action.sa_mask);
    ::sigaction (signal, &action, nullptr);
}

bool isIgnored (int signal)
{
    struct sigaction existing = {};
    return ::sigaction (signal, nullptr, &existing) == 0 && existing.sa_handler == SIG_IGN;
}
}  // namespace

void catchSignals ()
{
    handle (SIGPIPE, SIG_IGN);
    handle (SIGALRM, note);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    {
        if (!isIgnored (signal))
        {
            handle (signal, note);
        }
    }
}

int caughtSignal () noexcept
{
    return firstCaught;
}

void endIfCaught ()
{
    if (firstCaught != 0)
    {
        throw Quiet {statusOfSignal (firstCaught)};
    }
}

}  // namespace tool::stream
