// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <exception>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace check
{
namespace
{
constexpr int skipped = 77;

Guarantee* first = nullptr;
Guarantee** last = &first;

// In a guest no other process creates names; on a shared machine they may come and go.
#ifdef JOIN_TESTS_IN_GUEST
constexpr std::array<const char*, 2> folders = {"/dev/shm/", "/dev/hugepages/"};
#else
constexpr std::array<const char*, 0> folders = {};
#endif

// The names of existing segments; `remove` removes them, so that one check's names do not affect the next check.
std::string names (bool remove = false)
{
    std::string all;
    for (const char* folder : folders)
    {
        DIR* dir = ::opendir (folder);
        while (const dirent* entry = dir != nullptr ? ::readdir (dir) : nullptr)
        {
            const std::string path = std::string (folder) + entry->d_name;
            if (entry->d_type == DT_REG)
            {
                all += " " + path;
                static_cast<void> (remove && ::unlink (path.c_str ()));
            }
        }
        if (dir != nullptr)
        {
            ::closedir (dir);
        }
    }
    return all;
}

[[noreturn]] void inChild (const Guarantee& guarantee)
{
    // The OOM killer must choose this process, and not its parent, which reports.
    if (const int file = ::open ("/proc/self/oom_score_adj", O_WRONLY); file >= 0)
    {
        static_cast<void> (::write (file, "1000", 4) == 4);
        ::close (file);
    }
    try
    {
        guarantee.body ();
    }
    catch (const std::exception& e)
    {
        broken (guarantee.sentence, 0, std::string ("threw: ") + e.what ());
    }
    std::fflush (stdout);
    ::_exit (0);
}

/// @return 0 if it holds, 1 if it does not, 77 if it was not tried
int tryOut (const Guarantee& guarantee)
{
    std::printf ("%-9s %s ... ", guarantee.group, guarantee.sentence);
    std::fflush (stdout);
    const pid_t child = ::fork ();
    if (child == 0)
    {
        inChild (guarantee);
    }
    int status = 0;
    ::waitpid (child, &status, 0);
    const std::string left = names (true);
    if (WIFSIGNALED (status))
    {
        std::printf ("BROKEN\n    killed by signal %d, %s\n", WTERMSIG (status), strsignal (WTERMSIG (status)));
        return 1;
    }
    if (WEXITSTATUS (status) != 0)
    {
        return WEXITSTATUS (status);
    }
    if (!left.empty ())
    {
        std::printf ("BROKEN\n    names are left:%s\n", left.c_str ());
        return 1;
    }
    std::printf ("ok\n");
    return 0;
}

bool isWanted (const Guarantee& guarantee, int groups, char** wanted)
{
    for (int i = 0; i < groups; ++i)
    {
        if (std::strcmp (guarantee.group, wanted[i]) == 0)
        {
            return true;
        }
    }
    return groups == 0;
}
}  // namespace

Guarantee::Guarantee (const char* inGroup, const char* says, void (*tries) ())
: group (inGroup)
, sentence (says)
, body (tries)
{
    *last = this;
    last = &next;
}

int run (int groups, char** names)
{
    int tried = 0;
    int held = 0;
    int left = 0;
    for (const Guarantee* guarantee = first; guarantee != nullptr; guarantee = guarantee->next)
    {
        if (isWanted (*guarantee, groups, names))
        {
            const int outcome = tryOut (*guarantee);
            ++tried;
            held += outcome == 0 ? 1 : 0;
            left += outcome == skipped ? 1 : 0;
        }
    }
    std::printf ("%d of %d hold, %d not tried here\n", held, tried, left);
    std::fflush (stdout);
    return tried == 0 || held + left != tried ? 1 : held == 0 ? skipped : 0;
}

void broken (const char* file, int line, const std::string& what)
{
    const char* base = std::strrchr (file, '/');
    std::printf ("BROKEN\n    %s:%d: %s\n", base != nullptr ? base + 1 : file, line, what.c_str ());
    std::fflush (stdout);
    ::_exit (1);
}

void skip (const std::string& why)
{
    std::printf ("NOT TRIED: %s\n", why.c_str ());
    std::fflush (stdout);
    ::_exit (skipped);
}

int errorOf (const std::function<void ()>& call, std::string* words)
{
    try
    {
        call ();
    }
    catch (const std::system_error& e)
    {
        if (words != nullptr)
        {
            *words = e.what ();
        }
        return e.code ().value ();
    }
    return 0;
}
}  // namespace check

int main (int count, char** arguments)
{
    return check::run (count - 1, arguments + 1);
}
