// SPDX-License-Identifier: MIT
// Locking in RAM, beyond RLIMIT_MEMLOCK and within it, as a user to whom the limit applies.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <join/placement.hpp>
#include <join/queue.hpp>

#include <catch2/catch.hpp>

std::string missing ()
{
    return sanitized ? "sanitizers answer mlock themselves and lock nothing" : "";
}

namespace
{
// The limit does not apply to root.
std::string limited (uint64_t bytes, const std::function<std::string ()>& body)
{
    return inChild ([&] () -> std::string {
        limit (RLIMIT_MEMLOCK, bytes);
        if (::geteuid () == 0)
        {
            become (nobody);
        }
        return body ();
    });
}

join::MemOptions locking (join::HugePages huge = join::HugePages::Prefer)
{
    join::MemOptions options = asking (huge);
    options.lock = true;
    return options;
}

template <typename Kind>
std::string locksPastTheLimit (uint64_t size, const char* sizeText)
{
    Unlinked segment;
    auto memory = Kind::make (size);
    CLAIM_SAYS (attemptCall ([&] { return memory.mlock (); }), "ENOMEM: ", {"RLIMIT_MEMLOCK is 64 KiB", sizeText});
    CLAIM (join::lastError == join::Errc::OutOfMemory);
    CLAIM_EQUAL (smaps (memory.get (), memory.size ()).locked, 0);
    CLAIM (holdsBytes (memory));
    return "";
}

template <typename Kind>
std::string refusesToMakeLocked (uint64_t size, const char* sizeText)
{
    Unlinked segment;
    attempt ([] { Kind::make (0); });
    const std::string before = belongings ();
    for (auto huge : {join::HugePages::Prefer, join::HugePages::Never, join::HugePages::Require})
    {
        CLAIM_SAYS (attempt ([=] { Kind::make (size, locking (huge)); }),
                    "ENOMEM: ", {"RLIMIT_MEMLOCK is 64 KiB", sizeText});
        CLAIM (!exists (segmentPath ()));
        CLAIM_EQUAL (belongings (), before);
    }
    return "";
}
}  // namespace

TEST_CASE ("mlock past RLIMIT_MEMLOCK fails with limit and size")
{
    REQUIRE (limited (64 * KiB, [] { return locksPastTheLimit<Local> (MiB, "1 MiB"); }) == "");
    REQUIRE (limited (64 * KiB, [] { return locksPastTheLimit<Shared> (MiB, "1 MiB"); }) == "");
    REQUIRE (limited (64 * KiB, [] { return locksPastTheLimit<Local> (64 * MiB, "64 MiB"); }) == "");
    REQUIRE (limited (64 * KiB, [] { return locksPastTheLimit<Shared> (64 * MiB, "64 MiB"); }) == "");
    REQUIRE (limited (64 * KiB, [] { return locksPastTheLimit<BaselineLocal> (MiB, "1 MiB"); }) != "");
}

TEST_CASE ("mlock without permission fails with EPERM")
{
    const std::string text = limited (0, [] () -> std::string {
        join::LocalMem memory (MiB);
        CLAIM_SAYS (attemptCall ([&] { return memory.mlock (); }), "EPERM: ", {"RLIMIT_MEMLOCK is 0 bytes", "1 MiB"});
        CLAIM_SAYS (attemptCall ([&] { return join::mlock (memory.get (), 4 * KiB); }),
                    "EPERM: ", {"RLIMIT_MEMLOCK", "4 KiB"});
        CLAIM_SAYS (attempt ([] { Local::make (MiB, locking ()); }), "EPERM: ", {"RLIMIT_MEMLOCK", "1 MiB"});
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("free mlock reports the same error")
{
    const std::string text = limited (64 * KiB, [] () -> std::string {
        BaselineMem memory (MiB, -1);
        CLAIM_SAYS (attemptCall ([&] { return join::mlock (memory.get (), MiB); }),
                    "ENOMEM: ", {"RLIMIT_MEMLOCK is 64 KiB", "1 MiB"});
        CLAIM_EQUAL (join::mlock (memory.get (), 64 * KiB), 0);
        CLAIM_EQUAL (smaps (memory.get (), memory.size ()).locked, 64 * KiB);
        CLAIM_SAYS (attemptCall ([] { return join::mlock (nullptr, 4 * KiB); }), "EFAULT: ");
        CLAIM_SAYS (attemptCall ([&] { return join::mlock (memory.get (), 0); }), "EINVAL: ");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("constructor that cannot lock leaves no name")
{
    REQUIRE (limited (8 * MiB, [] { return refusesToMakeLocked<Local> (4 * MiB, "4 MiB"); }) != "");
    REQUIRE (limited (64 * KiB, [] { return refusesToMakeLocked<Local> (4 * MiB, "4 MiB"); }) == "");
    REQUIRE (limited (64 * KiB, [] { return refusesToMakeLocked<Shared> (4 * MiB, "4 MiB"); }) == "");
}

TEST_CASE ("opener that cannot lock leaves the segment intact")
{
    const std::string text = limited (64 * KiB, [] () -> std::string {
        Unlinked segment;
        auto maker = Shared::make (MiB);
        CLAIM (holdsBytes (maker));
        CLAIM_SAYS (attempt ([] { Shared::make (MiB, locking ()); }), "ENOMEM: ", {"RLIMIT_MEMLOCK"});
        CLAIM (exists (segmentPath ()));
        CLAIM_EQUAL (*static_cast<uint64_t*> (maker.get (4096)), 4097);
        return "";
    });
    REQUIRE (text == "");
}

namespace
{
template <typename Kind>
std::string locksWithinTheLimit ()
{
    Unlinked segment;
    join::MemOptions options;
    options.prefault = false;
    auto memory = Kind::make (32 * KiB, options);
    CLAIM_EQUAL (memory.mlock (), 0);
    CLAIM_EQUAL (smaps (memory.get (), memory.size ()).locked, 32 * KiB);
    CLAIM_EQUAL (present (memory.get (), memory.size ()), 32 * KiB);
    CLAIM_EQUAL (*memory.placement ().lockedBytes, 32 * KiB);
    CLAIM (memory.placement ().requestedLock);
    CLAIM_EQUAL (memory.munlock (), 0);
    CLAIM_EQUAL (smaps (memory.get (), memory.size ()).locked, 0);
    CLAIM_EQUAL (*memory.placement ().lockedBytes, 0);
    CLAIM (!memory.placement ().requestedLock);
    return "";
}
}  // namespace

TEST_CASE ("mlock within the limit locks, munlock unlocks")
{
    REQUIRE (limited (64 * KiB, locksWithinTheLimit<Local>) == "");
    REQUIRE (limited (64 * KiB, locksWithinTheLimit<Shared>) == "");
    REQUIRE (limited (16 * KiB, locksWithinTheLimit<Local>) != "");
}

namespace
{
// New mappings are locked as well, so mmap(2) fails with EAGAIN at the limit.
template <typename Make>
std::string failsAtOnce (Make make)
{
    return limited (MiB, [&] () -> std::string {
        Unlinked segment;
        CLAIM_EQUAL (::mlockall (MCL_FUTURE), 0);
        for (auto huge : {join::HugePages::Prefer, join::HugePages::Never, join::HugePages::Require})
        {
            CLAIM_SAYS (attempt ([&] { make (huge); }), "EAGAIN: ", {"RLIMIT_MEMLOCK is 1 MiB"});
            CLAIM (!exists (segmentPath ()));
        }
        return "";
    });
}
}  // namespace

TEST_CASE ("after mlockall creation past the limit fails")
{
    CHECK (failsAtOnce ([] (join::HugePages huge) { Local::make (8 * MiB, asking (huge)); }) == "");
    CHECK (failsAtOnce ([] (join::HugePages huge) { Shared::make (8 * MiB, asking (huge)); }) == "");
    CHECK (failsAtOnce ([] (join::HugePages huge) {
               join::ShmMem::Mpmc::Queue<uint64_t> (1 << 20, segmentName (), asking (huge));
           })
           == "");
    CHECK (failsAtOnce ([] (join::HugePages huge) { join::LocalMem::Mpmc::Queue<uint64_t> (1 << 20, asking (huge)); })
           == "");
}
