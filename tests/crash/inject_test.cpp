// SPDX-License-Identifier: MIT
// Each system call of each operation fails, once with each plausible errno, or always. The operation then fails with an
// errno and a message, or succeeds with complete memory, and leaves nothing behind.
#include <catch2/catch.hpp>

#include "inject.hpp"
#include "baseline.hpp"

#include <join/placement.hpp>
#include <join/queue.hpp>

#include <sys/syscall.h>

#include <cstdlib>

using namespace crash;
using join::HugePages;
using join::LocalMem;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
MemOptions plain ()
{
    return MemOptions ();
}

MemOptions locked ()
{
    MemOptions options;
    options.lock = true;
    return options;
}

MemOptions required ()
{
    MemOptions options;
    options.huge = HugePages::Require;
    return options;
}

MemOptions never ()
{
    MemOptions options;
    options.huge = HugePages::Never;
    return options;
}

MemOptions bound ()
{
    MemOptions options;
    options.numaNode = 0;
    return options;
}

MemOptions lazy ()
{
    MemOptions options;
    options.prefault = false;
    return options;
}

MemOptions reader ()
{
    MemOptions options;
    options.openMode = OpenMode::OpenOnly;
    options.readOnly = true;
    return options;
}

std::vector<long> withLock (const MemOptions& options, std::vector<long> calls)
{
    if (options.lock)
    {
        calls.push_back (SYS_mlock);
    }
    return calls;
}

Operation local (const char* what, uint64_t size, const MemOptions& options)
{
    Operation operation;
    operation.what = std::string ("LocalMem ") + what;
    operation.run = [=] (State& state) {
        state.memory = std::make_shared<LocalMem> (size, options);
        return 0;
    };
    operation.judge = [=] (const State& state, Verdict& verdict) { judgeMemory (state, size, options, 0, verdict); };
    operation.essential = withLock (options, {SYS_mmap});
    return operation;
}

Operation shared (const char* what, uint64_t size, const MemOptions& options, bool exists,
                  Environment environment = Environment::Usual)
{
    Operation operation;
    operation.what = std::string (exists ? "opening ShmMem " : "creating ShmMem ") + what + " " + nameOf (environment);
    operation.environment = environment;
    operation.exists = exists;
    operation.size = size;
    operation.run = [=] (State& state) {
        state.memory = std::make_shared<ShmMem> (size, state.name, options);
        return 0;
    };
    operation.judge = [=] (const State& state, Verdict& verdict) {
        // An open that returned ENOENT makes the library create the segment: as far as it could know, there was no
        // name.
        judgeMemory (state, size, options, exists ? fill : 0, verdict);
    };
    operation.afterSuccess = Left::Name;
    operation.afterFailure = exists ? Left::Name : Left::Nothing;
    operation.essential = withLock (options, {SYS_mmap, SYS_fcntl, exists ? SYS_openat : SYS_ftruncate});
    return operation;
}

// A call on existing memory.
template <typename Call>
Operation call (const char* what, bool sharedToo, std::vector<long> essential, Call work)
{
    Operation operation;
    operation.what = std::string (what) + (sharedToo ? " of ShmMem" : " of LocalMem");
    operation.exists = sharedToo;
    operation.size = 4 << 20;
    operation.before = [=] (State& state) {
        sharedToo ? void (state.memory = std::make_shared<ShmMem> (4 << 20, state.name))
                  : void (state.memory = std::make_shared<LocalMem> (4 << 20));
    };
    operation.run = [=] (State& state) { return work (*state.memory); };
    operation.afterSuccess = sharedToo ? Left::Name : Left::Nothing;
    operation.afterFailure = operation.afterSuccess;
    operation.essential = std::move (essential);
    return operation;
}

Operation unlinking ()
{
    Operation operation;
    operation.what = "unlink";
    operation.exists = true;
    operation.run = [] (State& state) { return ShmMem::unlink (state.name); };
    operation.afterSuccess = Left::Nothing;
    operation.afterFailure = Left::Name;
#ifdef SYS_unlink
    operation.essential = {SYS_unlink};
#endif
    operation.essential.push_back (SYS_unlinkat);
    return operation;
}

// placement () reports what is true, or reports nothing.
Operation reporting (bool sharedToo)
{
    Operation operation = call ("placement", sharedToo, {}, [] (join::Memory&) { return 0; });
    operation.run = [] (State& state) {
        state.other = std::make_shared<join::Placement> (state.memory->placement ());
        return 0;
    };
    operation.judge = [] (const State& state, Verdict& verdict) {
        const auto& placement = *static_cast<const join::Placement*> (state.other.get ());
        const uint64_t size = state.memory->size ();
        const Backing backing = backingOf (state.memory->get (), size);
        const bool honest = placement.size == size && placement.residentBytes.value_or (size) == size
                            && placement.hugeBytes.value_or (backing.huge) == backing.huge
                            && placement.lockedBytes.value_or (backing.locked) == backing.locked;
        verdict.say (honest ? "" : "placement () is not true");
    };
    return operation;
}

std::vector<Operation> privateMemory ()
{
    return {local ("4 KiB", 4 << 10, plain ()),
            local ("4 MiB", 4 << 20, plain ()),
            local ("3 MiB", 3 << 20, plain ()),
            local ("4 KiB, locked", 4 << 10, locked ()),
            local ("4 MiB, locked", 4 << 20, locked ()),
            local ("4 MiB, required huge", 4 << 20, required ()),
            local ("4 MiB, never huge", 4 << 20, never ()),
            local ("4 MiB, bound", 4 << 20, bound ()),
            local ("4 MiB, not prefaulted", 4 << 20, lazy ())};
}

std::vector<Operation> segments ()
{
    std::vector<Operation> list = {
        shared ("4 KiB", 4 << 10, plain (), false),
        shared ("4 MiB", 4 << 20, plain (), false),
        shared ("3 MiB", 3 << 20, plain (), false),
        shared ("4 KiB, locked", 4 << 10, locked (), false),
        shared ("4 MiB, required huge", 4 << 20, required (), false),
        shared ("4 MiB, bound", 4 << 20, bound (), false),
        shared ("4 KiB", 4 << 10, plain (), true),
        shared ("4 MiB", 4 << 20, plain (), true),
        shared ("4 MiB, locked", 4 << 20, locked (), true),
        shared ("4 KiB, for reading", 4 << 10, reader (), true),
    };
    for (Environment environment : environments)
    {
        if (environment != Environment::Usual)
        {
            list.push_back (shared ("4 KiB", 4 << 10, plain (), false, environment));
        }
    }
    return list;
}

std::vector<Operation> calls ()
{
    std::vector<Operation> list = {unlinking ()};
    for (bool sharedToo : {false, true})
    {
        list.push_back (call ("mbind", sharedToo, {SYS_mbind, SYS_move_pages},
                              [] (join::Memory& memory) { return memory.mbind (0); }));
        list.push_back (call ("mlock", sharedToo, {SYS_mlock}, [] (join::Memory& memory) { return memory.mlock (); }));
        list.push_back (reporting (sharedToo));
        list.push_back (
            call ("pageSize", sharedToo, {}, [] (join::Memory& memory) { return memory.pageSize () != 0 ? 0 : -1; }));
        list.push_back (
            call ("nodeOf", sharedToo, {}, [] (join::Memory& memory) { return memory.nodeOf () >= 0 ? 0 : -1; }));
    }
    list.push_back (call ("free mbind", false, {SYS_mbind, SYS_move_pages},
                          [] (join::Memory& memory) { return join::mbind (memory.get (), memory.size (), 0); }));
    list.push_back (call ("free mlock", false, {SYS_mlock},
                          [] (join::Memory& memory) { return join::mlock (memory.get (), memory.size ()); }));
    return list;
}

// A shared queue: no new name remains, whichever system call fails.
template <typename Policy>
Operation queue (const char* what, bool exists, bool exclusive = false, unsigned permissions = 0600)
{
    Operation operation;
    operation.what = std::string (exists ? "opening a " : "creating a ") + what;
    const auto open = [exclusive, permissions] (const std::string& name) {
        MemOptions memory;
        memory.permissions = permissions;
        join::QueueOptions options;
        options.exclusive = exclusive;
        return std::make_shared<typename Policy::template Queue<uint64_t>> (8, name, memory, options);
    };
    operation.before = [=] (State& state) {
        open (state.name + ".first");  // what a process does once
        ShmMem::unlink (state.name + ".first");
        if (exists)
        {
            inChild ([&] {
                open (state.name);
                return 0;
            });
        }
    };
    operation.run = [=] (State& state) {
        state.other = open (state.name);
        return 0;
    };
    operation.afterSuccess = Left::Name;
    operation.afterFailure = exists ? Left::Name : Left::Nothing;
    operation.essential = {SYS_mmap, SYS_fcntl};
    return operation;
}

std::vector<Operation> queues ()
{
    std::vector<Operation> list = {queue<ShmMem::Mpmc> ("Mpmc", false),
                                   queue<ShmMem::Spsc> ("exclusive Spsc", false, true),
                                   queue<ShmMem::Mpmc> ("readable Mpmc", false, false, 0644)};
    if (std::getenv ("JOINMEM_TEST_THOROUGH") != nullptr)
    {
        list.push_back (queue<ShmMem::Spsc> ("Spsc", false));
        list.push_back (queue<ShmMem::Mpsc> ("Mpsc", false));
        list.push_back (queue<ShmMem::Spsc> ("Spsc", true));
        list.push_back (queue<ShmMem::Spsc> ("exclusive Spsc", true, true));
        list.push_back (queue<ShmMem::Mpmc> ("Mpmc", true));
        list.push_back (queue<ShmMem::Mpmc> ("readable Mpmc", true, false, 0644));
    }
    return list;
}

std::string failAll (const std::vector<Operation>& operations)
{
    const bool few = std::getenv ("JOINMEM_TEST_THOROUGH") == nullptr;
    Tally tally;
    for (const Operation& operation : operations)
    {
        const Tally before = tally;
        failOnce (operation, few, tally);
        failAlways (operation, few, tally);
        std::printf ("%-50s %5u failures, %5u of them survived\n", operation.what.c_str (), tally.cases - before.cases,
                     tally.succeeded - before.succeeded);
    }
    std::printf ("%u failures in all\n%s", tally.cases, tally.complaints.c_str ());
    return tally.complaints.empty () ? "" : "see above";
}
}  // namespace

TEST_CASE ("private memory handles each failing system call without leaks", "[traced][exact][local]")
{
    CHECK (failAll (privateMemory ()) == "");
}

TEST_CASE ("segment handles each failing system call without leaks", "[traced][exact][shared]")
{
    CHECK (failAll (segments ()) == "");
}

TEST_CASE ("queue constructor leaves no name after any failure", "[traced][exact][queues]")
{
    CHECK (failAll (queues ()) == "");
}

TEST_CASE ("memory calls report each failing system call without leaks", "[traced][exact][calls]")
{
    CHECK (failAll (calls ()) == "");
}

TEST_CASE ("injection detects leaking constructors and hidden failures", "[traced][exact][calls][planted]")
{
    Operation baseline = shared ("baseline", 4 << 10, plain (), false);
    baseline.run = [] (State& state) {
        state.other = std::make_shared<BaselineShm> (4096, state.name.c_str ());
        return 0;
    };
    baseline.judge = nullptr;
    const Operation liar = call ("lying mlock", false, {SYS_mlock}, [] (join::Memory& memory) {
        memory.mlock ();
        return 0;
    });
    Tally tally;
    failOnce (baseline, true, tally);
    std::printf ("%s", tally.complaints.c_str ());
    CHECK (tally.complaints.find ("descriptor") != std::string::npos);
    CHECK (tally.complaints.find ("is in /dev/shm") != std::string::npos);
    tally = Tally ();
    failAlways (liar, true, tally);
    std::printf ("%s", tally.complaints.c_str ());
    CHECK (tally.complaints != "");
}
