// SPDX-License-Identifier: MIT
#include "child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace harness
{
namespace
{
struct Message
{
    bool failed = false;
    char why[240] = "";
};

bool writeAll (int fd, const void* data, std::size_t bytes)
{
    const char* p = static_cast<const char*> (data);
    while (bytes != 0)
    {
        const ssize_t n = ::write (fd, p, bytes);
        if (n <= 0 && errno != EINTR)
        {
            return false;
        }
        p += n > 0 ? n : 0;
        bytes -= n > 0 ? static_cast<std::size_t> (n) : 0;
    }
    return true;
}

std::size_t readAll (int fd, void* data, std::size_t bytes)
{
    char* p = static_cast<char*> (data);
    std::size_t done = 0;
    while (done < bytes)
    {
        const ssize_t n = ::read (fd, p + done, bytes - done);
        if (n == 0 || (n < 0 && errno != EINTR))
        {
            break;
        }
        done += n > 0 ? static_cast<std::size_t> (n) : 0;
    }
    return done;
}

[[noreturn]] void runChild (int fd, pid_t parent, void (*work) (void* with, void* result), void* with,
                            std::size_t bytes)
{
    ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid () != parent)
    {
        ::_exit (1);
    }
    Message message;
    std::vector<char> result (bytes);
    try
    {
        work (with, result.data ());
    }
    catch (const std::exception& error)
    {
        message.failed = true;
        std::strncpy (message.why, error.what (), sizeof (message.why) - 1);
    }
    const bool sent = writeAll (fd, &message, sizeof (message)) && writeAll (fd, result.data (), bytes);
    ::_exit (sent ? 0 : 1);
}

std::string endOf (pid_t child)
{
    int status = 0;
    while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
    {
    }
    return WIFSIGNALED (status) ? "ended by " + std::string (::strsignal (WTERMSIG (status))) : std::string ();
}
}  // namespace

std::string inChild (void (*work) (void* with, void* result), void* with, void* result, std::size_t bytes)
{
    int ends[2];
    if (::pipe (ends) != 0)
    {
        throw std::system_error (errno, std::system_category (), "pipe");
    }
    const pid_t parent = ::getpid ();
    const pid_t child = ::fork ();
    if (child == -1)
    {
        throw std::system_error (errno, std::system_category (), "fork");
    }
    if (child == 0)
    {
        ::close (ends[0]);
        runChild (ends[1], parent, work, with, bytes);
    }
    ::close (ends[1]);
    Message message;
    const bool whole =
        readAll (ends[0], &message, sizeof (message)) == sizeof (message) && readAll (ends[0], result, bytes) == bytes;
    ::close (ends[0]);
    const std::string end = endOf (child);
    if (!whole)
    {
        return end.empty () ? "ended without a result" : end;
    }
    return message.failed ? message.why : "";
}

}  // namespace harness
