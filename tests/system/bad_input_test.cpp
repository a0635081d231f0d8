// SPDX-License-Identifier: MIT
// Invalid arguments: each causes a clear error and leaves nothing behind.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <climits>
#include <cstring>

std::string missing ()
{
    return "";
}

namespace
{
// The result of the call, preceded by a word if anything is left behind.
template <typename Kind>
std::string given (uint64_t size, const join::MemOptions& options = join::MemOptions ())
{
    return inChild ([&] () -> std::string {
        Unlinked segment;
        attempt ([] { Kind::make (0); });
        const std::string before = belongings ();
        const std::string text = attempt ([&] { Kind::make (size, options); });
        CLAIM (text == "done" || !exists (segmentPath ()));
        CLAIM (text == "done" || belongings () == before);
        return text;
    });
}

template <typename Change>
std::string givenOptions (Change change, uint64_t size = 4 * KiB)
{
    join::MemOptions options;
    change (options);
    const std::string local = given<Local> (size, options);
    const std::string shared = given<Shared> (size, options);
    return local == shared ? local : "local: " + local + " | shared: " + shared;
}
}  // namespace

TEST_CASE ("zero bytes fail, one byte becomes a page")
{
    CHECK (says (given<Local> (0), "EINVAL: ", {"0 bytes"}));
    CHECK (says (given<Shared> (0), "EINVAL: ", {"0 bytes"}));
    Unlinked segment;
    for (uint64_t size : {uint64_t (1), 4 * KiB - 1, 4 * KiB})
    {
        CHECK (join::LocalMem (size).size () == 4 * KiB);
        CHECK (join::ShmMem (size, segmentName ()).size () == 4 * KiB);
    }
    CHECK (join::LocalMem (4 * KiB + 1).size () == 8 * KiB);
}

TEST_CASE ("absurd sizes fail before a name exists")
{
    const uint64_t half = uint64_t (1) << 63;
    for (uint64_t size : {half - 1, half, half + 1, half - 4 * KiB + 1, ~uint64_t (0), ~uint64_t (0) - 4 * KiB})
    {
        CAPTURE (size);
        for (auto huge : {join::HugePages::Prefer, join::HugePages::Never, join::HugePages::Require})
        {
            CHECK (says (given<Local> (size, asking (huge)), "ENOMEM: "));
            CHECK (says (given<Shared> (size, asking (huge)), "overflow_error: "));
            CHECK (says (given<Local> (size, asking (huge, GiB)), "ENOMEM: "));
            CHECK (says (given<Shared> (size, asking (huge, GiB)), "overflow_error: "));
        }
    }
    // The largest offset that a file could have.
    const std::string last = given<Shared> (half - 4 * KiB);
    CAPTURE (last);
    CHECK ((says (last, "ENOMEM: ") || says (last, "ENOSPC: ") || says (last, "EFBIG: ")));
    join::MemOptions only;
    only.openMode = join::OpenMode::OpenOnly;
    CHECK (says (given<Shared> (half, only), "overflow_error: "));
}

TEST_CASE ("offset past the end throws")
{
    Unlinked segment;
    join::LocalMem local (4 * KiB);
    join::ShmMem shared (4 * KiB, segmentName ());
    for (uint64_t offset : {4 * KiB, 4 * KiB + 1, uint64_t (1) << 63, ~uint64_t (0)})
    {
        CAPTURE (offset);
        CHECK (says (attempt ([&] { local.get (offset); }), "out_of_range: "));
        CHECK (says (attempt ([&] { shared.get (offset); }), "out_of_range: "));
        CHECK (says (attemptCall ([&] { return local.nodeOf (offset); }), "E", {}));
    }
    CHECK (attempt ([&] { local.get (4 * KiB - 1); }) == "done");
}

TEST_CASE ("absent node fails with EINVAL and binds nothing")
{
    Unlinked segment;
    join::LocalMem local (64 * KiB);
    join::ShmMem shared (64 * KiB, segmentName ());
    const bool numa = local.mbind (0) == 0;
    const std::string start = numa ? "EINVAL: " : "E";  // ENOSYS without libnuma, EPERM under a filter
    for (int node : {-1, INT_MIN, 1023, 1024, INT_MAX})
    {
        CAPTURE (node);
        const std::string number = std::to_string (node);
        CHECK (says (attemptCall ([&] { return local.mbind (node); }), start, {numa ? number.c_str () : ""}));
        CHECK (says (attemptCall ([&] { return shared.mbind (node); }), start, {numa ? number.c_str () : ""}));
        CHECK (says (attemptCall ([&] { return join::mbind (local.get (), 4 * KiB, node); }), start));
        if (node != -1)
        {
            CHECK (says (givenOptions ([=] (join::MemOptions& options) { options.numaNode = node; }),
                         node < 0 ? "EINVAL: " : start));
        }
    }
    if (!exists ("/sys/devices/system/node/node64"))
    {
        CHECK (says (attemptCall ([&] { return local.mbind (64); }), start));
        CHECK (says (givenOptions ([] (join::MemOptions& options) { options.numaNode = 64; }), start));
    }
}

TEST_CASE ("invalid structSize fails with EINVAL")
{
    for (uint32_t size : {uint32_t (0), uint32_t (1), uint32_t (4), uint32_t (7), uint32_t (9),
                          uint32_t (sizeof (join::MemOptions) - 1), uint32_t (4097), UINT32_MAX})
    {
        CAPTURE (size);
        const std::string text = givenOptions ([=] (join::MemOptions& options) { options.structSize = size; });
        CHECK (says (text, "EINVAL: ", {"structSize", std::to_string (size).c_str ()}));
    }
}

TEST_CASE ("unknown newer options are accepted only when zero")
{
    struct Newer
    {
        join::MemOptions options;
        unsigned char more[64];
    };
    for (std::size_t set = 0; set <= sizeof (Newer::more); ++set)
    {
        Newer newer;
        std::memset (newer.more, 0, sizeof (newer.more));
        newer.options.structSize = sizeof (Newer);
        if (set < sizeof (newer.more))
        {
            newer.more[set] = 0x80;
        }
        const bool right = set == sizeof (newer.more) ? given<Local> (4 * KiB, newer.options) == "done"
                                                      : says (given<Local> (4 * KiB, newer.options), "EINVAL: ");
        CHECK (right);
        const bool rightShared = set == sizeof (newer.more) ? given<Shared> (4 * KiB, newer.options) == "done"
                                                            : says (given<Shared> (4 * KiB, newer.options), "EINVAL: ");
        CHECK (rightShared);
    }
}

TEST_CASE ("options beyond the caller's structSize are not read")
{
    const std::string text = givenOptions ([] (join::MemOptions& options) {
        options.structSize = offsetof (join::MemOptions, hugePageSize);
        options.hugePageSize = 12345;
        options.numaNode = -77;
        options.permissions = ~0U;
    });
    CHECK (text == "done");
}

TEST_CASE ("unknown enum values fail with EINVAL")
{
    for (uint32_t value : {uint32_t (3), uint32_t (255), uint32_t (256), UINT32_MAX})
    {
        const std::string number = std::to_string (value);
        CHECK (says (
            givenOptions ([=] (join::MemOptions& options) { options.huge = static_cast<join::HugePages> (value); }),
            "EINVAL: ", {number.c_str ()}));
        join::MemOptions options;
        options.openMode = static_cast<join::OpenMode> (value);
        CHECK (says (given<Shared> (4 * KiB, options), "EINVAL: ", {number.c_str ()}));
    }
}

TEST_CASE ("unsupported page sizes fail with a reason")
{
    for (uint64_t page :
         {uint64_t (1), uint64_t (3), uint64_t (4095), uint64_t (4097), 3 * MiB, 2 * MiB + 4 * KiB, ~uint64_t (0)})
    {
        CAPTURE (page);
        CHECK (says (givenOptions ([=] (join::MemOptions& options) { options.hugePageSize = page; }), "EINVAL: "));
    }
    for (uint64_t page : {uint64_t (1) << 33, uint64_t (1) << 62, uint64_t (1) << 63})
    {
        CAPTURE (page);
        const join::MemOptions require = asking (join::HugePages::Require, page);
        CHECK (says (given<Local> (4 * KiB, require), "ENOMEM: "));
        CHECK (says (given<Shared> (4 * KiB, require), "ENOMEM: "));
    }
}

TEST_CASE ("invalid permissions and combinations fail with EINVAL")
{
    for (uint32_t permissions : {uint32_t (01000), uint32_t (04777), uint32_t (0100600), UINT32_MAX})
    {
        join::MemOptions options;
        options.permissions = permissions;
        CHECK (says (given<Shared> (4 * KiB, options), "EINVAL: ", {"0777"}));
    }
    for (auto mode : {join::OpenMode::CreateOrOpen, join::OpenMode::CreateOnly})
    {
        join::MemOptions options;
        options.openMode = mode;
        options.readOnly = true;
        CHECK (says (given<Shared> (4 * KiB, options), "EINVAL: "));
    }
    CHECK (says (givenOptions ([] (join::MemOptions& options) { std::memset (&options.onlyOurs, 7, 1); }), "EINVAL: "));
    join::MemOptions only;
    only.openMode = join::OpenMode::OpenOnly;
    CHECK (says (given<Shared> (4 * KiB, only), "ENOENT: "));
    CHECK (says (given<Shared> (0, only), "ENOENT: "));
}
