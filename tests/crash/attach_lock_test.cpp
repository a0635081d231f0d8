// SPDX-License-Identifier: MIT
// The attach lock is a shared lock on byte 2^62 of the file. It shows that a process has the segment mapped, from
// before the name appears until the mapping is gone, whatever happens to descriptors and to the process.
#include <catch2/catch.hpp>

#include "baseline.hpp"
#include "world.hpp"

#include "../hang.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <memory>
#include <optional>

using namespace crash;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
// How the only user of a segment has opened it.
struct Way
{
    const char* what;
    MemOptions options;
};

std::vector<Way> ways ()
{
    MemOptions only;
    only.openMode = OpenMode::OpenOnly;
    MemOptions reader = only;
    reader.readOnly = true;
    return {{"CreateOrOpen", MemOptions ()}, {"OpenOnly", only}, {"readOnly", reader}};
}

// A segment that exists and that no process has open.
template <typename Shm>
std::string abandoned (uint64_t size = 4096)
{
    const std::string name = freshName ();
    inChild ([&] {
        Shm segment (size, name.c_str ());
        return 0;
    });
    return name;
}

// Compares the lock with `held`, by F_OFD_GETLK and by an attempt to take it exclusively.
std::string differsFrom (bool held, const std::string& path)
{
    const bool told = lockHeld (path);
    const int alone = lockAlone (path);
    ::close (alone);
    return told == held && (alone == -1) == held ? "" : held ? "no process holds the lock" : "the lock is still held";
}

// Waits: the kernel drops the files of a mapping on its way back to user space, which no other process can observe.
bool becomesFree (const std::string& path)
{
    comesTrue ([&] { return !lockHeld (path); });
    return differsFrom (false, path).empty ();
}

// A child opens the segment, runs `then` and waits to be killed. The lock is `held` until then, and free afterwards.
template <typename Shm>
std::string whileAlive (const Way& way, const std::function<void (std::optional<Shm>&)>& then, bool held = true)
{
    const std::string name = abandoned<Shm> ();
    const std::string path = pathOf (name);
    Gate ready;
    const pid_t child = start ([&] {
        std::optional<Shm> segment;
        segment.emplace (4096, name.c_str (), way.options);
        then (segment);
        ready.open ();
        ::pause ();
        return 0;
    });
    ready.wait ();
    std::string complaint = differsFrom (held, path);
    ::kill (child, SIGKILL);
    await (child);
    complaint += differsFrom (false, path);
    ::unlink (path.c_str ());
    return complaint.empty () ? "" : std::string (way.what) + ": " + complaint;
}

void nothing (std::optional<ShmMem>&)
{
}

// closefrom (0), as a daemon may do: the standard descriptors are closed too.
template <typename Shm>
void closeAll (std::optional<Shm>&)
{
    for (int file = 0; file < 1024; ++file)
    {
        ::close (file);
    }
}
}  // namespace

TEST_CASE ("process holds the attach lock until killed", "[lock]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way, nothing) == "");
    }
}

TEST_CASE ("closing every descriptor keeps the attach lock", "[lock]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way, closeAll<ShmMem>) == "");
    }
}

TEST_CASE ("destruction releases the attach lock, moving keeps it", "[lock]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (
                   way, [] (std::optional<ShmMem>& segment) { segment.reset (); }, false)
               == "");
        CHECK (whileAlive<ShmMem> (way,
                                   [] (std::optional<ShmMem>& segment) {
                                       static ShmMem elsewhere (std::move (*segment));
                                       segment.reset ();
                                   })
               == "");
        CHECK (whileAlive<ShmMem> (
                   way,
                   [] (std::optional<ShmMem>& segment) {
                       const std::string other = freshName () + "-other";
                       *segment = ShmMem (4096, other);  // the assignment releases what it held
                       ShmMem::unlink (other);
                   },
                   false)
               == "");
    }
}

TEST_CASE ("reopening and closing the file keeps the lock", "[lock]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way,
                                   [&] (std::optional<ShmMem>& segment) {
                                       const std::string name (segment->name ());
                                       ::close (::open (pathOf (name.substr (1)).c_str (), O_RDWR | O_CLOEXEC));
                                       ShmMem again (4096, name, way.options);
                                   })
               == "");
    }
}

TEST_CASE ("forked child holds the lock after its parent's death", "[lock]")
{
    for (const Way& way : ways ())
    {
        const std::string name = abandoned<ShmMem> ();
        Gate ready;
        auto* heir = static_cast<pid_t*> (sharedPages (sizeof (pid_t)));
        const pid_t parent = start ([&] {
            ShmMem segment (4096, name, way.options);
            if (::fork () == 0)
            {
                *heir = ::getpid ();
                ::alarm (60);
                ready.open ();
            }
            ::pause ();
            return 0;
        });
        ready.wait ();
        CHECK (differsFrom (true, pathOf (name)) == "");
        ::kill (parent, SIGKILL);
        await (parent);
        CHECK (differsFrom (true, pathOf (name)) == "");
        const int handle = static_cast<int> (::syscall (SYS_pidfd_open, *heir, 0));
        REQUIRE (handle != -1);
        ::kill (*heir, SIGKILL);
        pollfd death = {handle, POLLIN, 0};
        REQUIRE (::poll (&death, 1, 60000) == 1);  // a watchdog: the grandchild cannot be waited for
        ::close (handle);
        CHECK (differsFrom (false, pathOf (name)) == "");
        ShmMem::unlink (name);
    }
}

TEST_CASE ("forked child's destructor keeps the parent's attach lock", "[lock]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way,
                                   [] (std::optional<ShmMem>& segment) {
                                       inChild ([&] {
                                           segment.reset ();
                                           return 0;
                                       });
                                   })
               == "");
    }
}

TEST_CASE ("exec releases the attach lock", "[lock]")
{
    for (const Way& way : ways ())
    {
        const std::string name = abandoned<ShmMem> ();
        int ends[2];  // exec closes the writing end after the old address space
        REQUIRE (::pipe2 (ends, O_CLOEXEC) == 0);
        Gate ready;
        Gate go;
        const pid_t child = start ([&] {
            ShmMem segment (4096, name, way.options);
            ready.open ();
            go.wait ();
            ::execlp ("sleep", "sleep", "60", nullptr);
            return 1;
        });
        ::close (ends[1]);
        ready.wait ();
        CHECK (differsFrom (true, pathOf (name)) == "");
        go.open ();
        char byte = 0;
        CHECK (::read (ends[0], &byte, 1) == 0);
        CHECK (becomesFree (pathOf (name)));
        CHECK (::kill (child, 0) == 0);
        CHECK (::waitpid (child, nullptr, WNOHANG) == 0);  // the process lives, as another program
        ::kill (child, SIGKILL);
        await (child);
        ::close (ends[0]);
        ShmMem::unlink (name);
    }
}

TEST_CASE ("last of several users releases the attach lock", "[lock]")
{
    const std::string name = freshName ();
    auto first = std::make_unique<ShmMem> (64 << 20, name);
    auto second = std::make_unique<ShmMem> (64 << 20, name);
    CHECK (differsFrom (true, pathOf (name)) == "");
    first.reset ();
    CHECK (differsFrom (true, pathOf (name)) == "");
    second.reset ();
    CHECK (differsFrom (false, pathOf (name)) == "");
    ShmMem::unlink (name);
}

TEST_CASE ("opening a segment under an exclusive lock fails", "[lock]")
{
    const std::string name = abandoned<ShmMem> ();
    const int alone = lockAlone (pathOf (name));
    REQUIRE (alone != -1);
    std::string message;
    try
    {
        ShmMem segment (4096, name);
    }
    catch (const std::system_error& error)
    {
        message = error.what ();
        CHECK (error.code ().value () == EBUSY);
    }
    CHECK (message != "");
    ::close (alone);
    CHECK (!ShmMem (4096, name).created ());
    ShmMem::unlink (name);
}

TEST_CASE ("check detects missing and descriptor-bound attach locks", "[lock][planted]")
{
    const Way way = ways ()[0];
    const std::string without = whileAlive<BaselineShm> (way, [] (std::optional<BaselineShm>&) {});
    std::printf ("%s\n", without.c_str ());
    CHECK (without != "");
    const std::string descriptor = whileAlive<DescriptorLock> (way, closeAll<DescriptorLock>);
    std::printf ("%s\n", descriptor.c_str ());
    CHECK (descriptor != "");
    removeNames ();
}
