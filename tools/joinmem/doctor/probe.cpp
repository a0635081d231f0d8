// SPDX-License-Identifier: MIT
#include "probe.hpp"

#include <cerrno>
#include <csignal>
#include <new>
#include <system_error>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr unsigned mostSeconds = 5;

// Restores the alarm, which the parent may have ignored or blocked, and suppresses the core file of an expected death.
void prepareToDie () noexcept
{
    const struct rlimit none = {0, 0};
    ::setrlimit (RLIMIT_CORE, &none);
    std::signal (SIGALRM, SIG_DFL);
    sigset_t set;
    ::sigemptyset (&set);
    ::sigaddset (&set, SIGALRM);
    ::sigprocmask (SIG_UNBLOCK, &set, nullptr);
    ::alarm (mostSeconds);
}

void awaitDeath (pid_t child, Results& results) noexcept
{
    int status = 0;
    while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
    {
    }
    if (!WIFSIGNALED (status))
    {
        return;
    }
    for (Result& result : results)
    {
        if (result == notTried)
        {
            result = killedBy + WTERMSIG (status);
            return;
        }
    }
}
}  // namespace

Results attempt (const std::function<void (Results&)>& body)
{
    Results own;
    own.fill (notTried);
    void* place = ::mmap (nullptr, sizeof (Results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
    {
        body (own);
        return own;
    }
    Results& results = *new (place) Results (own);
    std::signal (SIGCHLD, SIG_DFL);  // if it is ignored, as it may be by inheritance, waitpid gets no status
    const pid_t child = ::fork ();
    if (child == 0)
    {
        prepareToDie ();
        body (results);
        ::_exit (0);
    }
    if (child == -1)
    {
        body (results);  // no further process is allowed; most calls can be tried in this one
    }
    else
    {
        awaitDeath (child, results);
    }
    own = results;
    ::munmap (place, sizeof (Results));
    return own;
}

Result resultOf (bool fine) noexcept
{
    return fine ? 0 : errno;
}

std::string wordsFor (Result result)
{
    if (result == notTried)
    {
        return "not tried";
    }
    if (result == killedBy + SIGSYS)
    {
        return "killed by SIGSYS, as a seccomp filter does";
    }
    if (result == killedBy + SIGALRM)
    {
        return "no answer within 5 seconds";
    }
    if (wasKilled (result))
    {
        return "killed by signal " + std::to_string (result - killedBy);
    }
    return std::generic_category ().message (result) + " (errno " + std::to_string (result) + ")";
}

}  // namespace tool::doctor
