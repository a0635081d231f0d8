// SPDX-License-Identifier: MIT
// The attach lease: a shared lock on byte 2^62 of the file tells that somebody has the segment mapped, from before its
// name can be seen until the mapping is gone, whatever becomes of descriptors and of the process.
#include <catch2/catch.hpp>

#include "naive.hpp"
#include "world.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <memory>
#include <optional>

using namespace crash;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
// Who holds a segment, and in which way; nobody else does.
struct Way
{
    const char* what;
    MemOptions options;
};

std::vector<Way> ways ()
{
    MemOptions only;
    only.mode = OpenMode::OpenOnly;
    MemOptions reader = only;
    reader.readOnly = true;
    return {{"CreateOrOpen", MemOptions ()}, {"OpenOnly", only}, {"readOnly", reader}};
}

// The segment exists and nobody has it open.
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

// Whether it is held as it must be: asked by F_OFD_GETLK, and by trying to have it alone.
std::string differsFrom (bool held, const std::string& path)
{
    const bool told = leaseHeld (path);
    const int alone = lockAlone (path);
    ::close (alone);
    return told == held && (alone == -1) == held ? "" : held ? "nobody holds the lease" : "the lease is still held";
}

// Soon: the kernel drops the files of a mapping on its way back to user space, which nobody else can see.
bool becomesFree (const std::string& path)
{
    const auto end = std::chrono::steady_clock::now () + std::chrono::seconds (10);
    while (leaseHeld (path) && std::chrono::steady_clock::now () < end)
    {
        ::sched_yield ();
    }
    return differsFrom (false, path).empty ();
}

// A child opens it, does `then`, and waits to be killed: the lease is held up to then, and not after.
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

// closefrom (0), as a daemon may do: not even the standard descriptors stay.
template <typename Shm>
void closeAll (std::optional<Shm>&)
{
    for (int file = 0; file < 1024; ++file)
    {
        ::close (file);
    }
}
}  // namespace

TEST_CASE ("who has a segment open holds its lease, until he is killed", "[lease]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way, nothing) == "");
    }
}

TEST_CASE ("who closed every descriptor holds the lease still", "[lease]")
{
    for (const Way& way : ways ())
    {
        CHECK (whileAlive<ShmMem> (way, closeAll<ShmMem>) == "");
    }
}

TEST_CASE ("destruction frees the lease, a move does not", "[lease]")
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
                       *segment = ShmMem (4096, other);  // what it held is gone with the assignment
                       ShmMem::unlink (other);
                   },
                   false)
               == "");
    }
}

TEST_CASE ("opening and closing the file a second time does not cost the lease", "[lease]")
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

TEST_CASE ("a forked child holds the lease after its parent was killed, and frees it when it is", "[lease]")
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
        REQUIRE (::poll (&death, 1, 60000) == 1);  // it is nobody's child that could be waited for
        ::close (handle);
        CHECK (differsFrom (false, pathOf (name)) == "");
        ShmMem::unlink (name);
    }
}

TEST_CASE ("a forked child that destroys its copy leaves its parent the lease", "[lease]")
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

TEST_CASE ("a process that executes another program holds the lease no longer", "[lease]")
{
    for (const Way& way : ways ())
    {
        const std::string name = abandoned<ShmMem> ();
        int ends[2];  // the writing end closes with the exec, after the address space went
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
        CHECK (::waitpid (child, nullptr, WNOHANG) == 0);  // it lives, as another program
        ::kill (child, SIGKILL);
        await (child);
        ::close (ends[0]);
        ShmMem::unlink (name);
    }
}

TEST_CASE ("the last of several users frees the lease", "[lease]")
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

TEST_CASE ("an opener does not take what somebody holds alone, and says so", "[lease]")
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

TEST_CASE ("a segment without a lease, or with one on a descriptor, is found out", "[lease][planted]")
{
    const Way way = ways ()[0];
    const std::string without = whileAlive<NaiveShm> (way, [] (std::optional<NaiveShm>&) {});
    std::printf ("%s\n", without.c_str ());
    CHECK (without != "");
    const std::string descriptor = whileAlive<DescriptorLease> (way, closeAll<DescriptorLease>);
    std::printf ("%s\n", descriptor.c_str ());
    CHECK (descriptor != "");
    removeNames ();
}
