// SPDX-License-Identifier: MIT
#include "signals.hpp"

#include "../command.hpp"
#include "harness/clock.hpp"

#include <cerrno>
#include <cstring>
#include <string>

namespace tool::bench
{
Signals::Signals ()
{
    ::sigemptyset (&_taken);
    for (int signal : {SIGINT, SIGTERM, SIGHUP})
    {
        // A signal that is ignored, as under nohup(1), stays ignored: if it were blocked, it would become pending.
        struct sigaction now = {};
        if (::sigaction (signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
        {
            ::sigaddset (&_taken, signal);
        }
    }
    // If SIGCHLD were ignored, children would end without a status.
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    ::sigaction (SIGCHLD, &usual, &_childBefore);
    ::sigaddset (&_taken, SIGCHLD);
    ::pthread_sigmask (SIG_BLOCK, &_taken, &_maskBefore);
}

Signals::~Signals ()
{
    ::sigaction (SIGCHLD, &_childBefore, nullptr);
    ::pthread_sigmask (SIG_SETMASK, &_maskBefore, nullptr);
}

bool Signals::waitUntil (uint64_t nanos)
{
    for (;;)
    {
        const uint64_t now = harness::nanosNow ();
        const uint64_t left = nanos > now ? nanos - now : 0;
        timespec time {};
        time.tv_sec = static_cast<time_t> (left / 1'000'000'000);
        time.tv_nsec = static_cast<long> (left % 1'000'000'000);
        const int signal = ::sigtimedwait (&_taken, nullptr, &time);
        if (signal == SIGCHLD)
        {
            return true;
        }
        if (signal > 0)
        {
            throw Stop (static_cast<Status> (128 + signal), std::string ("bench: ") + ::strsignal (signal));
        }
        if (errno == EAGAIN || left == 0)
        {
            return false;
        }
    }
}

void Signals::look ()
{
    while (waitUntil (0))
    {
    }
}

}  // namespace tool::bench
