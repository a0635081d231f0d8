// SPDX-License-Identifier: MIT
// Many users attach while other processes collect garbage: gc_users TOOL NAME USERS ROUNDS. Two users share a segment,
// so it often has no user. A user that has it open can open it again and finds its elements; a name removed while a
// user has the segment open is a failure.
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace
{
using Queue = join::ShmMem::Mpmc::Queue<uint64_t>;

int use (const char* name, unsigned rounds)
{
    int made = 0;
    for (unsigned round = 0; round < rounds; ++round)
    {
        ::usleep (50);  // closed most of the time
        Queue queue (64, name);
        made += queue.created () ? 1 : 0;
        const uint64_t value = uint64_t (::getpid ()) << 32 | round;
        uint64_t taken = 0;
        const Queue again (64, name);
        // The element may be the other user's; but as many elements come out as were pushed.
        if (again.created () || queue.push (value) != 0 || queue.pop (taken) != 0)
        {
            std::printf ("round %u of %d: the segment went while it was in use: %s\n", round, ::getpid (),
                         join::lastError.message ().c_str ());
            return -1;
        }
    }
    return made;
}

std::string nameOf (const std::string& base, unsigned user)
{
    return base + std::to_string (user / 2);
}

// Calls what the tool calls, as fast as possible.
[[noreturn]] void remove (const std::string& base, unsigned users)
{
    for (unsigned i = 0;; i = (i + 2) % users)
    {
        join::removeUnused (nameOf (base, i));
    }
}

// Runs the tool itself repeatedly, until this process is killed.
[[noreturn]] void collect (const char* tool)
{
    const std::string quiet = std::string (tool) + " gc > /dev/null";
    for (;;)
    {
        if (std::system (quiet.c_str ()) != 0)
        {
            ::_exit (1);
        }
    }
}
}  // namespace

int main (int count, char** words)
{
    if (count != 5)
    {
        return 2;
    }
    const unsigned users = static_cast<unsigned> (std::atoi (words[3]));
    const unsigned rounds = static_cast<unsigned> (std::atoi (words[4]));
    int ends[2];
    if (::pipe (ends) != 0)
    {
        return 2;
    }
    const std::string base = words[2];
    const pid_t remover = ::fork ();
    if (remover == 0)
    {
        ::close (ends[1]);
        remove (base, users);
    }
    const pid_t collector = ::fork ();
    if (collector == 0)
    {
        ::close (ends[1]);
        collect (words[1]);
    }
    std::vector<pid_t> all;
    for (unsigned i = 0; i < users; ++i)
    {
        all.push_back (::fork ());
        if (all.back () == 0)
        {
            const int made = use (nameOf (base, i).c_str (), rounds);
            std::fflush (stdout);
            const bool told = ::write (ends[1], &made, sizeof (made)) == sizeof (made);
            ::_exit (made >= 0 && told ? 0 : 1);
        }
    }
    int failed = 0;
    long made = 0;
    ::close (ends[1]);
    for (const pid_t user : all)
    {
        int status = -1;
        int its = 0;
        ::waitpid (user, &status, 0);
        failed += status != 0 ? 1 : 0;
        made += ::read (ends[0], &its, sizeof (its)) == sizeof (its) ? its : 0;
    }
    const bool collecting = ::waitpid (collector, nullptr, WNOHANG) == 0;
    for (const pid_t process : {collector, remover})
    {
        ::kill (process, SIGKILL);
        ::waitpid (process, nullptr, 0);
    }
    std::printf ("%u users, %u rounds each: %d lost the segment, which was made %ld times\n", users, rounds, failed,
                 made);
    // Created more often than there are names: garbage collection has removed some meanwhile.
    return failed == 0 && collecting && made > static_cast<long> (2 * users) ? 0 : 1;
}
