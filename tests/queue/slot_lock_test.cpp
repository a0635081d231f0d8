// SPDX-License-Identifier: MIT
// A slot is held while the address space of its thread exists, whatever the process does to its descriptors, and no
// longer, even if children or other processes live on.
#include "raw.hpp"

#include "../hang.hpp"

#include <filesystem>
#include <functional>
#include <thread>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{
using Queue = ShmMpmc::Queue<uint64_t>;

/// Messages between a process and its test, on a shared page.
struct Page
{
    std::atomic<bool> done;    // the process has done its part and waits
    std::atomic<pid_t> other;  // another process that the test kills at the end
};

/// Waits until the test knows this process and can kill it.
void awaitKnown (const Page& page)
{
    while (page.other == 0)
    {
        std::this_thread::sleep_for (100us);
    }
}

/// A process that runs `part` and then waits, so that it exists while the test inspects it.
class Process
{
public:
    explicit Process (const std::function<void (Page&)>& part)
    : _page (*static_cast<Page*> (crash::sharedPages (sizeof (Page))))
    , _pid (::fork ())
    {
        if (_pid == 0)
        {
            part (_page);
            _page.done = true;
            ::pause ();
            ::_exit (0);
        }
    }

    Process (const Process&) = delete;
    Process& operator= (const Process&) = delete;

    ~Process ()
    {
        kill ();
        if (_page.other > 0)
        {
            ::kill (_page.other, SIGKILL);
        }
        ::munmap (&_page, sizeof (Page));
    }

    void kill ()
    {
        if (_pid > 0)
        {
            ::kill (_pid, SIGKILL);
            ::waitpid (_pid, nullptr, 0);
            _pid = -1;
        }
    }

    void awaitDone ()
    {
        REQUIRE (comesTrue ([&] { return _page.done.load (); }));
    }

    pid_t pid () const
    {
        return _pid;
    }

private:
    Page& _page;
    pid_t _pid;
};

/// Waits until all threads of the process have stopped or ended: waitpid (2) does not report that of a process whose
/// first thread has ended.
void awaitStopped (pid_t process)
{
    const std::string tasks = "/proc/" + std::to_string (process) + "/task";
    for (bool running = true; running;)
    {
        running = false;
        for (const auto& task : std::filesystem::directory_iterator (tasks))
        {
            std::ifstream file (task.path () / "stat");
            std::string text ((std::istreambuf_iterator<char> (file)), std::istreambuf_iterator<char> ());
            const std::size_t state = text.rfind (')') + 2;
            running = running || (state < text.size () && text[state] != 'T' && text[state] != 'Z');
        }
    }
}

/// Returns a text such as "2 alive, 1 dead".
std::string look (const Queue& queue)
{
    join::Producer all[16];
    const int64_t found = queue.producers (all, 16);
    int alive = 0;
    for (int64_t i = 0; i < found; ++i)
    {
        alive += all[i].alive;
    }
    return std::to_string (alive) + " alive, " + std::to_string (found - alive) + " dead";
}

/// Returns `expected` as soon as it is true, or the current state after the limit for hangs.
std::string soon (const Queue& queue, const std::string& expected)
{
    std::string listed;
    comesTrue ([&] { return (listed = look (queue)) == expected; });
    return listed;
}

void push (Queue& queue)
{
    if (queue.tryPush (1) != 0)
    {
        ::_exit (3);
    }
}
}  // namespace

TEST_CASE ("slot stays held while its process lives", "[queue][lock]")
{
    const auto made = std::make_unique<Made<ShmMpmc>> (64);
    Queue& queue = made->queue;
    int dead = 0;
    const std::function<void (Page&)> parts[] = {
        [&] (Page&) { push (queue); },
        [&] (Page&) {
            push (queue);
            ::close_range (3, ~0U, 0);  // as daemons do
        },
        [&] (Page&) {
            push (queue);
            // Closing any descriptor of the file would release a POSIX lock.
            ::close (::open (made->name.path ().c_str (), O_RDWR | O_CLOEXEC));
        },
        [&] (Page&) {
            push (queue);
            Queue other (64, made->name.text);  // destroyed at once
        },
        [&] (Page& page) {
            // The first thread ends, another one continues.
            std::thread ([&] {
                push (queue);
                page.done = true;
                ::pause ();
            }).detach ();
            ::syscall (SYS_exit, 0);  // pthread_exit () would unwind, and destroy objects of the test
        },
    };
    for (const auto& part : parts)
    {
        Process process (part);
        process.awaitDone ();
        const std::string others = " alive, " + std::to_string (dead) + " dead";
        CHECK (look (queue) == "1" + others);
        ::kill (process.pid (), SIGSTOP);
        awaitStopped (process.pid ());
        CHECK (look (queue) == "1" + others);
        process.kill ();
        ++dead;
        CHECK (look (queue) == "0 alive, " + std::to_string (dead) + " dead");
    }
}

TEST_CASE ("slot is freed with its process, despite survivors", "[queue][lock]")
{
    Made<ShmMpmc> made (64);
    Queue& queue = made.queue;
    SECTION ("a child of a killed process")
    {
        Process process ([&] (Page& page) {
            push (queue);
            const pid_t child = ::fork ();
            if (child == 0)
            {
                ::pause ();
            }
            page.other = child;
        });
        process.awaitDone ();
        CHECK (look (queue) == "1 alive, 0 dead");
        process.kill ();
        CHECK (look (queue) == "0 alive, 1 dead");
    }
    SECTION ("a child that pushes takes its own slot")
    {
        Process process ([&] (Page& page) {
            push (queue);
            const pid_t child = ::fork ();
            if (child == 0)
            {
                awaitKnown (page);
                push (queue);
                page.done = true;
                ::pause ();
            }
            page.other = child;
            ::pause ();
        });
        process.awaitDone ();
        CHECK (look (queue) == "2 alive, 0 dead");
        process.kill ();
        CHECK (look (queue) == "1 alive, 1 dead");
    }
}

TEST_CASE ("slot lock ends with the address space", "[queue][lock]")
{
    Made<ShmMpmc> made (64);
    Queue& queue = made.queue;
    SECTION ("another program")
    {
        Process process ([&] (Page&) {
            push (queue);
            ::execl ("/bin/sleep", "sleep", "100", nullptr);
        });
        CHECK (soon (queue, "0 alive, 1 dead") == "0 alive, 1 dead");
    }
    SECTION ("a daemon, whose parent has ended")
    {
        Process process ([&] (Page& page) {
            push (queue);
            if (::fork () != 0)
            {
                ::_exit (0);
            }
            ::setsid ();
            page.other = ::getpid ();
            push (queue);
        });
        CHECK (soon (queue, "1 alive, 1 dead") == "1 alive, 1 dead");
    }
    SECTION ("an exit without destructors")
    {
        Process process ([&] (Page&) {
            push (queue);
            ::_exit (0);
        });
        CHECK (soon (queue, "0 alive, 1 dead") == "0 alive, 1 dead");
    }
}

TEST_CASE ("leaving process frees its slot", "[queue][lock]")
{
    Made<ShmMpmc> made (64);
    Queue& queue = made.queue;
    SECTION ("by the destructor")
    {
        Process process ([&] (Page&) {
            {
                Queue own (64, made.name.text);
                push (own);
                push (queue);  // by the same slot
                std::destroy_at (&queue);
            }
        });
        process.awaitDone ();
        CHECK (look (queue) == "0 alive, 0 dead");
    }
    SECTION ("by the end of a thread")
    {
        std::thread ([&] { push (queue); }).join ();
        CHECK (look (queue) == "0 alive, 0 dead");
    }
    SECTION ("by exit ()")
    {
        Process process ([&] (Page&) {
            push (queue);
            std::exit (0);
        });
        CHECK (soon (queue, "0 alive, 0 dead") == "0 alive, 0 dead");
    }
}

TEST_CASE ("process in another PID namespace is not dead", "[queue][lock]")
{
    Made<ShmMpmc> made (64);
    Process process ([&] (Page& page) {
        if (::unshare (CLONE_NEWPID) != 0)
        {
            return;  // this machine does not allow it
        }
        const pid_t inner = ::fork ();
        if (inner == 0)
        {
            awaitKnown (page);
            push (made.queue);
            page.done = true;
            ::pause ();
        }
        page.other = inner;
        ::pause ();
    });
    process.awaitDone ();
    join::Producer listed;
    if (made->producers (&listed, 1) == 0)
    {
        WARN ("unshare (CLONE_NEWPID) is not allowed here: not tested");
        return;
    }
    CHECK (listed.alive);
    CHECK (listed.pid == 1);  // its number in its own namespace
}

TEST_CASE ("segment unlinked after opening works as usual", "[queue][lock]")
{
    OwnName name;
    auto queue = std::make_unique<Queue> (64, name.text);
    REQUIRE (join::ShmMem::unlink (name.text) == 0);
    Process process ([&] (Page&) {
        push (*queue);
        std::thread ([&] { push (*queue); }).join ();
    });
    process.awaitDone ();
    push (*queue);
    CHECK (look (*queue) == "2 alive, 0 dead");
    process.kill ();
    CHECK (look (*queue) == "1 alive, 1 dead");
    Queue successor (64, name.text);  // another file, which has no producer
    CHECK (successor.created ());
    CHECK (look (successor) == "0 alive, 0 dead");
}
