// SPDX-License-Identifier: MIT
#include "child.hpp"

#include "guardian.hpp"

#include <join/error.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace
{
pid_t tester = 0;  // its names are used in its children too

[[noreturn]] void beTheChild (const std::function<std::string ()>& body, int out)
{
    ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    guardian::forget ();
    for (int signal : {SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT})
    {
        ::signal (signal, SIG_DFL);  // the parent's handlers would report the parent's tests
    }
    ::alarm (60);
    std::string text;
    try
    {
        text = body ();
    }
    catch (const std::exception& error)
    {
        text = std::string ("threw ") + error.what ();
    }
    for (std::size_t at = 0; at < text.size ();)
    {
        const ssize_t written = ::write (out, text.data () + at, text.size () - at);
        if (written <= 0)
        {
            ::_exit (1);
        }
        at += static_cast<std::size_t> (written);
    }
    ::_exit (0);  // runs no destructors of what belongs to the parent
}

std::string nameOf (int error)
{
    const char* name = ::strerrorname_np (error);
    return name != nullptr ? name : std::to_string (error);
}
}  // namespace

std::string inChild (const std::function<std::string ()>& body)
{
    tester = tester == 0 ? ::getpid () : tester;
    int pipe[2];
    if (::pipe (pipe) == -1)
    {
        throw std::runtime_error ("no pipe");
    }
    const pid_t child = ::fork ();
    if (child == -1)
    {
        throw std::runtime_error ("no child");
    }
    if (child == 0)
    {
        ::close (pipe[0]);
        beTheChild (body, pipe[1]);
    }
    ::close (pipe[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read (pipe[0], buffer, sizeof (buffer))) > 0;)
    {
        text.append (buffer, static_cast<std::size_t> (got));
    }
    ::close (pipe[0]);
    int status = 0;
    while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
    {
    }
    if (WIFSIGNALED (status))
    {
        return std::string ("killed by SIG") + ::sigabbrev_np (WTERMSIG (status));
    }
    return WEXITSTATUS (status) == 0 ? text : "exit status " + std::to_string (WEXITSTATUS (status)) + " " + text;
}

std::string attempt (const std::function<void ()>& call)
{
    try
    {
        call ();
        return "done";
    }
    catch (const std::system_error& error)
    {
        return nameOf (error.code ().value ()) + ": " + error.what ();
    }
    catch (const std::overflow_error& error)
    {
        return std::string ("overflow_error: ") + error.what ();
    }
    catch (const std::out_of_range& error)
    {
        return std::string ("out_of_range: ") + error.what ();
    }
    catch (const std::exception& error)
    {
        return std::string ("exception: ") + error.what ();
    }
}

std::string attemptCall (const std::function<int ()>& call)
{
    const int result = call ();
    if (result != -1)
    {
        return result == 0 ? "done" : "returned " + std::to_string (result);
    }
    return nameOf (join::lastError.value ()) + ": " + join::lastError.message ();
}

bool says (const std::string& text, const std::string& start, std::initializer_list<const char*> words)
{
    if (text.compare (0, start.size (), start) != 0)
    {
        return false;
    }
    for (const char* word : words)
    {
        if (text.find (word) == std::string::npos)
        {
            return false;
        }
    }
    return true;
}

std::string segmentName (const std::string& what)
{
    tester = tester == 0 ? ::getpid () : tester;
    return "/joinmem-test-" + std::to_string (tester) + "-" + what;
}

std::string segmentPath (const std::string& what)
{
    return "/dev/shm" + segmentName (what);
}
