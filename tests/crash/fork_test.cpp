// SPDX-License-Identifier: MIT
// After fork there are two objects for one memory, and each process destroys its own.
#include <catch2/catch.hpp>

#include "baseline.hpp"
#include "world.hpp"

#include <cstring>
#include <memory>

using namespace crash;
using join::LocalMem;
using join::ShmMem;

namespace
{
const unsigned char mine = 0x11;
const unsigned char theirs = 0x22;

// The child writes to its copy and destroys it; then the parent checks its own copy. `shared`: both have the same
// bytes.
template <typename Memory>
void childGoesFirst (std::unique_ptr<Memory> memory, bool shared, Verdict& verdict)
{
    const uint64_t size = memory->size ();
    std::memset (memory->get (), mine, size);
    const int status = inChild ([&] {
        const bool inherited = filledWith (memory->get (), size, mine);
        std::memset (memory->get (), theirs, size);
        const bool written = filledWith (memory->get (), size, theirs);
        memory.reset ();
        return inherited && written ? 0 : 1;
    });
    if (status != 0)
    {
        verdict.say ("the child's copy is not whole: " + std::to_string (status));
    }
    if (!filledWith (memory->get (), size, shared ? theirs : mine))
    {
        verdict.say ("the parent's memory is not what it was");
    }
    std::memset (memory->get (), mine, size);
}

// The parent destroys its copy while the child uses its own.
template <typename Memory>
void parentGoesFirst (std::unique_ptr<Memory> memory, Verdict& verdict)
{
    Gate destroyed;
    const uint64_t size = memory->size ();
    std::memset (memory->get (), mine, size);
    const pid_t child = start ([&] {
        destroyed.wait ();
        const bool whole = filledWith (memory->get (), size, mine);
        std::memset (memory->get (), theirs, size);
        const bool written = filledWith (memory->get (), size, theirs);
        memory.reset ();
        return whole && written ? 0 : 1;
    });
    memory.reset ();
    destroyed.open ();
    if (await (child) != 0)
    {
        verdict.say ("the child's memory went with the parent's");
    }
}

template <typename Memory>
std::string forkLocal (uint64_t size)
{
    return judge ([&] (Verdict& verdict) {
        childGoesFirst (std::make_unique<Memory> (size), false, verdict);
        parentGoesFirst (std::make_unique<Memory> (size), verdict);
    });
}

template <typename Shm>
std::string forkShared (uint64_t size)
{
    const std::string complaint = judge ([&] (Verdict& verdict) {
        const std::string name = freshName ();
        childGoesFirst (std::make_unique<Shm> (size, name.c_str ()), true, verdict);
        if (!exists (name))
        {
            verdict.say ("the name is gone");
        }
        parentGoesFirst (std::make_unique<Shm> (size, name.c_str ()), verdict);
        Shm again (size, name.c_str ());
        if (again.created () || !filledWith (again.get (), size, theirs))
        {
            verdict.say ("the segment did not stay");
        }
        Shm::unlink (name.c_str ());
    });
    removeNames ();
    return complaint;
}
}  // namespace

TEST_CASE ("destroying private memory after fork spares the other process", "[fork]")
{
    CHECK (forkLocal<LocalMem> (4 << 10) == "");
    CHECK (forkLocal<LocalMem> (3 << 20) == "");
    CHECK (forkLocal<LocalMem> (64 << 20) == "");
}

TEST_CASE ("destroying a segment after fork keeps name and bytes", "[fork]")
{
    CHECK (forkShared<ShmMem> (4 << 10) == "");
    CHECK (forkShared<ShmMem> (3 << 20) == "");
    CHECK (forkShared<ShmMem> (64 << 20) == "");
}

TEST_CASE ("fork check detects unlinking owners and shared memory", "[fork][planted]")
{
    const std::string shared = forkShared<BaselineOwner> (4 << 10);
    const std::string local = forkLocal<BaselineLocal> (4 << 10);
    std::printf ("%s\n%s\n", shared.c_str (), local.c_str ());
    CHECK (shared != "");
    CHECK (local != "");
}
