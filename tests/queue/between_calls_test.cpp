// SPDX-License-Identifier: MIT
// At each system call of a queue's life something happens: a signal handler runs that uses another queue, or a file system
// is mounted over /dev/shm. Each call succeeds or reports an error; nothing crashes, hangs or loses an element.
#include "kinds.hpp"

#include "../crash/tracer.hpp"

#include <functional>
#include <memory>

#include <csignal>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{
using Queue = ShmMpmc::Queue<uint64_t>;

std::unique_ptr<Queue> handlers;  // the queue that the handler uses
bool isUsed = false;              // this thread has pushed to it before
volatile std::sig_atomic_t wrongInHandler = 0;

void useOtherQueue (int)
{
    const int before = errno;
    uint64_t got = 0;
    if (handlers->tryPush (7) == -1)
    {
        // The handler interrupted a first push, or the making or destruction of a queue, and this was a first push too.
        wrongInHandler = isUsed || join::lastError.value () != EDEADLK;
    }
    else if (handlers->tryPop (got) != 0 || got != 7)
    {
        wrongInHandler = 1;
    }
    errno = before;
}

/// The queue's life; 0, or the number of the first step with a wrong result. An error that is reported is none.
int live (const std::string& name) noexcept
{
    try
    {
        Queue queue (8, name);
        uint64_t got = 0;
        if (queue.tryPush (1) == -1)
        {
            return join::lastError.value () != 0 && queue.pending () == 0 ? 0 : 1;
        }
        if (queue.tryPop (got) != 0 || got != 1)
        {
            return 2;
        }
        if (queue.pop (got, 1ms) != -1 || join::lastError != join::Errc::TimedOut)
        {
            return 3;
        }
        const int64_t producers = queue.producers (nullptr, 0);
        if (producers != 1 && producers != -1)
        {
            return 4;
        }
        if (queue.stats ().deaths != 0 || queue.shutdown () != 0)
        {
            return 5;
        }
        return join::ShmMem::unlink (name) == 0 ? 0 : 6;
    }
    catch (const std::system_error& error)
    {
        return error.code ().value () != 0 ? 0 : 7;
    }
    catch (...)
    {
        return 8;
    }
}

/// Runs live () in children; in each child `happen` is called at one more stop. The number of stops, or -1 after a failure.
int liveThrough (const std::string& name, int every, const std::function<void (pid_t)>& happen,
                 const std::function<void ()>& undo)
{
    for (int stop = 0;; stop += every)
    {
        crash::Traced child ([&] {
            if (isUsed)
            {
                useOtherQueue (0);
            }
            crash::mark (1);
            const int wrong = live (name);
            crash::mark (2);
            return wrong != 0 ? wrong : 10 * wrongInHandler;
        });
        int count = 0;
        const bool ended = child.between (1, 2, [&] (crash::Stop) {
            if (count == stop)
            {
                happen (child.pid ());
            }
            ++count;
            return true;
        });
        const int status = child.finish ();
        undo ();
        if (!ended || status != 0)
        {
            std::printf ("stop %d: %s\n", stop, crash::describe (status).c_str ());
            return -1;
        }
        if (count <= stop)
        {
            return stop;
        }
    }
}
}  // namespace

TEST_CASE ("signal handler may use another queue at any call", "[queue][between][traced][exact]")
{
    const OwnName name;
    const OwnName other;
    handlers = std::make_unique<Queue> (8, other.text);
    struct sigaction action = {};
    struct sigaction before = {};
    action.sa_handler = useOtherQueue;
    REQUIRE (::sigaction (SIGUSR1, &action, &before) == 0);
    for (const bool used : {true, false})
    {
        CAPTURE (used);
        isUsed = used;
        CHECK (liveThrough (
                   name.text, 1, [] (pid_t child) { ::kill (child, SIGUSR1); }, [] {})
               > 40);
    }
    ::sigaction (SIGUSR1, &before, nullptr);
    handlers.reset ();
}

TEST_CASE ("mount over /dev/shm at any call crashes nothing", "[queue][between][traced][exact]")
{
    const int status = crash::inChild ([] {
        if (::unshare (CLONE_NEWNS) != 0 || ::mount ("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount ("joinmem-test", "/dev/shm", "tmpfs", 0, "size=16m") != 0)
        {
            return 77;
        }
        bool mounted = false;
        const int stops = liveThrough (
            "/between", 1, [&] (pid_t) { mounted = ::mount ("joinmem-test", "/dev/shm", "tmpfs", 0, "size=16m") == 0; },
            [&] {
                if (mounted)
                {
                    ::umount2 ("/dev/shm", MNT_DETACH);
                }
                mounted = false;
                join::ShmMem::unlink ("/between");
            });
        return stops > 40 ? 0 : 1;
    });
    if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    {
        WARN ("mounting is not allowed here: not tested");
        return;
    }
    CHECK (status == 0);
}
