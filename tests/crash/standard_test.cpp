// SPDX-License-Identifier: MIT
// A program that starts with standard input, output or error closed: no descriptor of the library takes its number, so
// nothing that the program prints is written into a segment.
#include <catch2/catch.hpp>

#include "tracer.hpp"
#include "world.hpp"

#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace crash;
using join::LocalMem;
using join::ShmMem;

namespace
{
constexpr int standard = 3;  // 0, 1 and 2

/// A write to a closed standard descriptor must fail.
bool stayClosed (unsigned closed)
{
    bool fine = true;
    for (int file = 0; file < standard; ++file)
    {
        errno = 0;
        fine = fine && ((closed >> file & 1) == 0 || (::write (file, "hello\n", 6) == -1 && errno == EBADF));
    }
    return fine;
}

bool beginsAsQueue (const std::string& name)
{
    char magic[8] = {};
    const int file = ::open (pathOf (name).c_str (), O_RDONLY | O_CLOEXEC);
    const bool fine = ::pread (file, magic, sizeof (magic), 0) == sizeof (magic);
    ::close (file);
    return fine && std::memcmp (magic, "JOINMEMQ", sizeof (magic)) == 0;
}

template <typename Policy>
bool queueStaysWhole (const std::string& name, unsigned closed, bool exclusive)
{
    using Queue = typename Policy::template Queue<int>;
    join::QueueOptions options;
    options.exclusive = exclusive;
    options.ownerDead = true;
    mark (1);
    bool fine = false;
    {
        Queue first (8, name, join::MemOptions (), options);
        fine = first.tryPush (1) == 0 && stayClosed (closed);
        int got = 0;
        const Queue second (8, name, join::MemOptions (), join::QueueOptions ());
        fine = fine && !second.created () && first.tryPop (got) == 0 && got == 1 && stayClosed (closed);
    }
    join::inspect (name);
    join::segmentNames ();
    mark (2);
    fine = fine && beginsAsQueue (name);
    mark (1);
    ShmMem::unlink (name);
    mark (2);
    return fine;
}

bool memoryStaysWhole (const std::string& name, unsigned closed)
{
    constexpr uint64_t large = 4 << 20;
    mark (1);
    bool fine = true;
    {
        LocalMem local (large);
        ShmMem small (4096, name);
        ShmMem other (large, name + "-large");
        ShmMem again (4096, name);
        fine =
            stayClosed (closed) && *static_cast<char*> (small.get ()) == 0 && *static_cast<char*> (other.get ()) == 0;
        fine = fine && local.placement ().size >= large && other.placement ().size >= large;
    }
    join::removeUnused (name + "-large");
    ShmMem::unlink (name);
    mark (2);
    return fine;
}

int useAll (unsigned closed)
{
    const std::string name = freshName ();
    const int hole = ::open ("/dev/null", O_RDWR | O_CLOEXEC);  // descriptors that stay open are opened here
    for (int file = 0; file < standard; ++file)
    {
        (closed >> file & 1) != 0 ? ::close (file) : ::dup2 (hole, file);
    }
    ::close (hole);
    return (memoryStaysWhole (name, closed) ? 0 : 1) | (queueStaysWhole<ShmMem::Spsc> (name, closed, true) ? 0 : 2)
           | (queueStaysWhole<ShmMem::Spsc> (name, closed, false) ? 0 : 4)
           | (queueStaysWhole<ShmMem::Mpsc> (name, closed, false) ? 0 : 8)
           | (queueStaysWhole<ShmMem::Mpmc> (name, closed, false) ? 0 : 16);
}

/// Only the calls that move a descriptor away from a standard number may find that number open.
bool moves (const SystemCall& call)
{
    return call.number == SYS_close || (call.number == SYS_fcntl && call.arguments[1] == F_DUPFD_CLOEXEC);
}

/// Complains about a call that begins while one of the closed numbers is open.
std::string openBefore (const Traced& child, unsigned closed)
{
    std::string text;
    for (int file = 0; file < standard && !moves (child.call ()); ++file)
    {
        const std::string path = "/proc/" + std::to_string (child.pid ()) + "/fd/" + std::to_string (file);
        char target[256] = {};
        if ((closed >> file & 1) != 0 && ::readlink (path.c_str (), target, sizeof (target) - 1) != -1)
        {
            text += callName (child.call ().number) + " finds " + target + " open as " + std::to_string (file) + "\n";
        }
    }
    return text;
}
}  // namespace

TEST_CASE ("library opens no descriptor 0, 1 or 2", "[traced][standard][exact]")
{
    for (unsigned closed = 0; closed < 1U << standard; ++closed)
    {
        CAPTURE (closed);
        Traced child ([=] { return useAll (closed); });
        std::string complaints;
        unsigned calls = 0;
        const auto look = [&] (Stop stop) {
            if (stop == Stop::Entry)
            {
                ++calls;
                complaints += openBefore (child, closed);
            }
            return true;
        };
        while (child.between (1, 2, look))
        {
        }
        CHECK (complaints == "");
        CHECK (calls > 100);
        CHECK (describe (child.status ()) == "exit code 0");
    }
}
