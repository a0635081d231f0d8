// SPDX-License-Identifier: MIT
// What LocalMem and ShmMem promise alike: one body for both kinds.
#include "support.hpp"

#include <join/placement.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/syscall.h>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

using join::Errc;
using join::lastError;
using join::MemOptions;

namespace
{
uint64_t page ()
{
    return static_cast<uint64_t> (::sysconf (_SC_PAGESIZE));
}
}  // namespace

TEMPLATE_TEST_CASE ("memory can be moved but not copied", "", join::LocalMem, join::ShmMem)
{
    static_assert (!std::is_copy_constructible<TestType>::value, "");
    static_assert (!std::is_copy_assignable<TestType>::value, "");
    static_assert (std::is_nothrow_move_constructible<TestType>::value, "");
    static_assert (std::is_nothrow_move_assignable<TestType>::value, "");
    SUCCEED ();
}

TEMPLATE_TEST_CASE ("size is rounded up to base pages", "", MakeLocal, MakeShared)
{
    TestType maker;
    CHECK (maker.make (1).size () == page ());
    CHECK (maker.make (page () - 1).size () == page ());
    CHECK (maker.make (page ()).size () == page ());
    CHECK (maker.make (page () + 1).size () == 2 * page ());
    CHECK (maker.make ((2 << 20) + 1).size () == (2 << 20) + page ());
}

TEMPLATE_TEST_CASE ("new memory is zero and writable", "", MakeLocal, MakeShared)
{
    TestType maker;
    for (uint64_t size : {page (), uint64_t (5) << 20})
    {
        auto memory = maker.make (size);
        char* bytes = static_cast<char*> (memory.get ());
        uint64_t sum = 0;
        for (uint64_t i = 0; i < memory.size (); ++i)
        {
            sum += static_cast<unsigned char> (bytes[i]);
        }
        CHECK (sum == 0);
        std::memset (bytes, 0x5a, memory.size ());
        CHECK (bytes[memory.size () - 1] == 0x5a);
    }
}

TEMPLATE_TEST_CASE ("get returns the byte at the offset", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (4096);
    CHECK (memory.get () == memory.get (0));
    CHECK (static_cast<char*> (memory.get (64)) - static_cast<char*> (memory.get ()) == 64);
    const auto& view = memory;
    CHECK (view.get (64) == memory.get (64));
    static_assert (std::is_same<decltype (view.get ()), const void*>::value, "");
    CHECK (memory.get (memory.size () - 1) != nullptr);
}

TEMPLATE_TEST_CASE ("get past the end throws out_of_range", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (4096);
    const auto& view = memory;
    for (uint64_t offset : {memory.size (), memory.size () + 1, uint64_t (1) << 63, ~uint64_t (0)})
    {
        CHECK_THROWS_AS (memory.get (offset), std::out_of_range);
        CHECK_THROWS_AS (view.get (offset), std::out_of_range);
    }
}

TEMPLATE_TEST_CASE ("moved-from object is empty and fails with EBADF", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto from = maker.make (4096);
    void* address = from.get ();
    auto to = std::move (from);
    CHECK (to.get () == address);
    CHECK (to.size () == 4096);
    CHECK (from.size () == 0);
    CHECK_THROWS_AS (from.get (), std::runtime_error);
    CHECK_THROWS_AS (from.placement (), std::runtime_error);
    lastError.clear ();
    CHECK (from.mbind (0) == -1);
    CHECK (lastError == std::errc::bad_file_descriptor);
    lastError.clear ();
    CHECK (from.mlock () == -1);
    CHECK (lastError == std::errc::bad_file_descriptor);
    lastError.clear ();
    CHECK (from.munlock () == -1);
    CHECK (lastError == Errc::OperationFailed);
    lastError.clear ();
    CHECK (from.pageSize () == 0);
    CHECK (lastError.value () == EBADF);
    lastError.clear ();
    CHECK (from.nodeOf () == -1);
    CHECK (lastError.value () == EBADF);
}

TEMPLATE_TEST_CASE ("move assignment replaces the old memory", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto a = maker.make (4096);
    TestType other;
    auto b = other.make (8192);
    std::memcpy (b.get (), "b", 2);
    a = std::move (b);
    CHECK (a.size () == 8192);
    CHECK (std::strcmp (static_cast<char*> (a.get ()), "b") == 0);
    CHECK (b.size () == 0);
}

TEMPLATE_TEST_CASE ("self-move changes nothing", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (4096);
    void* address = memory.get ();
    auto& same = memory;
    memory = std::move (same);
    CHECK (memory.get () == address);
    CHECK (memory.size () == 4096);
}

TEMPLATE_TEST_CASE ("size 0 fails with EINVAL", "", MakeLocal, MakeShared)
{
    TestType maker;
    std::string said;
    CHECK (thrown ([&] { maker.make (0); }, &said) == EINVAL);
    CHECK_THAT (said, Catch::Contains ("0 bytes"));
}

TEST_CASE ("absurd LocalMem size fails with ENOMEM")
{
    for (uint64_t size : {(uint64_t (1) << 62), (uint64_t (1) << 63) - 1, uint64_t (1) << 63, ~uint64_t (0)})
    {
        CHECK (thrown ([&] { join::LocalMem memory (size); }) == ENOMEM);
    }
}

TEMPLATE_TEST_CASE ("oversized memory fails before a page is touched", "", MakeLocal, MakeShared)
{
    TestType maker;
    std::string said;
    const int error = thrown ([&] { maker.make (uint64_t (1) << 45); }, &said);
    CHECK ((error == ENOMEM || error == ENOSPC));
    CHECK_THAT (said, Catch::Contains ("32 TiB"));
}

TEMPLATE_TEST_CASE ("mbind rejects an invalid node and names it", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (4096);
    if (memory.mbind (0) == -1)
    {
        REQUIRE ((lastError.value () == ENOSYS || lastError.value () == EPERM));  // a machine or a build without NUMA
        return;
    }
    CHECK (memory.nodeOf () == 0);
    for (int node : {-1, 64, 1023, 1024, 2147483647, -2147483647 - 1})
    {
        lastError.clear ();
        CHECK (memory.mbind (node) == -1);
        CHECK (lastError == std::errc::invalid_argument);
        CHECK_THAT (lastError.message (), Catch::Contains ("node " + std::to_string (node)));
    }
    CHECK (memory.nodeOf () == 0);
}

TEMPLATE_TEST_CASE ("nodeOf past the end fails with ERANGE", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (4096);
    CHECK (memory.nodeOf (4096) == -1);
    CHECK (lastError.value () == ERANGE);
}

TEMPLATE_TEST_CASE ("locked memory stays locked until munlock", "", MakeLocal, MakeShared)
{
    TestType maker;
    auto memory = maker.make (16384);
    REQUIRE (memory.mlock () == 0);
    const uint64_t locked = locksForReal ? 16384 : 0;
    CHECK (memory.placement ().lockedBytes == locked);
    CHECK (memory.placement ().requestedLock);
    REQUIRE (memory.munlock () == 0);
    CHECK (memory.placement ().lockedBytes == uint64_t (0));
    MemOptions options;
    options.lock = true;
    CHECK (maker.make (16384, options).placement ().lockedBytes == locked);
}

TEST_CASE ("JOIN_HAS_NUMA is defined where mbind uses libnuma")
{
    join::LocalMem memory (4096);
    const bool bound = memory.mbind (0) == 0;
#if defined(JOIN_HAS_NUMA)
    const bool kernelHasNone = ::syscall (SYS_get_mempolicy, nullptr, nullptr, 0, nullptr, 0) == -1 && errno == ENOSYS;
    CHECK ((bound || lastError.value () != ENOSYS || kernelHasNone));
#else
    CHECK_FALSE (bound);
    CHECK (lastError.value () == ENOSYS);
#endif
}

TEST_CASE ("free mbind rejects null, unaligned and empty ranges")
{
    join::LocalMem memory (8192);
    char* base = static_cast<char*> (memory.get ());
    CHECK (join::mbind (nullptr, 4096, 0) == -1);
    CHECK (lastError.value () == EFAULT);
    CHECK (join::mbind (base + 1, 4096, 0) == -1);
    CHECK (lastError.value () == EINVAL);
    CHECK (join::mbind (base, 0, 0) == -1);
    CHECK (lastError.value () == EINVAL);
    CHECK (join::mbind (base, ~uint64_t (0), 0) == -1);
    CHECK (lastError.value () == EFAULT);
    CHECK (join::mbind (base, 4096, -1) == -1);
    CHECK (lastError.value () == EINVAL);
}

TEST_CASE ("free mlock rejects null and empty ranges")
{
    join::LocalMem memory (8192);
    CHECK (join::mlock (memory.get (), 4096) == 0);
    CHECK (memory.placement ().lockedBytes == uint64_t (locksForReal ? 4096 : 0));
    CHECK (join::mlock (nullptr, 4096) == -1);
    CHECK (lastError.value () == EFAULT);
    CHECK (join::mlock (memory.get (), 0) == -1);
    CHECK (lastError.value () == EINVAL);
    CHECK (join::mlock (memory.get (), ~uint64_t (0)) == -1);
    CHECK (lastError == Errc::OutOfMemory);
    CHECK_THAT (lastError.message (), Catch::Contains ("past the address space"));
}

TEMPLATE_TEST_CASE ("const members run side by side", "[threads]", MakeLocal, MakeShared)
{
    TestType maker;
    const auto memory = maker.make (page ());
    std::vector<std::thread> threads;
    std::atomic<int> wrong {0};
    for (int i = 0; i < 4; ++i)
    {
        threads.emplace_back ([&] {
            for (int round = 0; round < 50; ++round)
            {
                wrong += memory.mlock () != 0;
                wrong += !memory.placement ().requestedPrefault;
                wrong += memory.munlock () != 0;
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (wrong == 0);
}
