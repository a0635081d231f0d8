// SPDX-License-Identifier: MIT
// A daemon opens its queue as root, drops its privileges, and then pushes for the first time. Ends with 77 if it is not
// started as root.
// [readme]
#include <join/queue.hpp>

#include <cerrno>
#include <grp.h>
#include <iostream>
#include <stdexcept>
#include <unistd.h>

#include <sys/wait.h>

static void dropPrivileges (uid_t user)
{
    if (setgroups (0, nullptr) == -1 || setgid (user) == -1 || setuid (user) == -1)  // in this order: setuid is last
    {
        throw std::system_error (errno, std::generic_category (), "the privileges cannot be dropped");
    }
    if (setuid (0) == 0)
    {
        throw std::runtime_error ("the privileges can be taken back");
    }
}

static void serve ()
{
    join::ShmMem::Mpsc::Queue<int> events (64, "/example-events");  // root's segment, mode 0600
    dropPrivileges (65534);                                         // nobody
    for (int event = 1; event <= 3; ++event)
    {
        if (events.push (event) == -1)
        {
            throw std::runtime_error (join::lastError.message ());
        }
    }
    events.shutdown ();
    const bool again (join::ShmMem::Mpsc::Queue<int>::make (64, "/example-events"));
    std::cout << "user " << getuid () << " pushed, and " << (again ? "can" : "cannot") << " open the queue again\n";
}
// [/readme]

static void consume ()  // as root, after the daemon: the events stay in the queue
{
    join::MemOptions existing;
    existing.openMode = join::OpenMode::OpenOnly;
    join::ShmMem::Mpsc::Queue<int> events (0, "/example-events", existing);
    for (int event = 0; events.tryPop (event) == 0;)
    {
        std::cout << "event " << event << "\n";
    }
}

int main ()
{
    if (geteuid () != 0)
    {
        std::cout << "daemon: only root can drop its privileges\n";
        return 77;
    }
    int failed = 0;
    const pid_t child = fork ();
    try
    {
        int status = 0;
        if (child == 0)
        {
            serve ();
        }
        else if (waitpid (child, &status, 0) == child && status == 0)
        {
            consume ();
        }
        else
        {
            failed = 1;
        }
    }
    catch (const std::exception& error)
    {
        std::cerr << "daemon: " << error.what () << "\n";
        failed = 1;
    }
    if (child != 0)
    {
        join::ShmMem::unlink ("/example-events");
    }
    return failed;
}
