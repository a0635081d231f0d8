// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>

using join::HugePages;
using join::MemOptions;
using join::OpenMode;

namespace
{
// Options of a newer header: more fields at the end.
struct Newer
{
    MemOptions options;
    uint64_t more = 0;
};
}  // namespace

TEMPLATE_TEST_CASE ("invalid option values fail with EINVAL", "", MakeLocal, MakeShared)
{
    TestType maker;
    const auto refused = [&] (auto change) {
        MemOptions options;
        change (options);
        return thrown ([&] { maker.make (4096, options); }) == EINVAL;
    };
    CHECK (refused ([] (MemOptions& o) { o.huge = static_cast<HugePages> (3); }));
    CHECK (refused ([] (MemOptions& o) { o.huge = static_cast<HugePages> (~0U); }));
    CHECK (refused ([] (MemOptions& o) { o.openMode = static_cast<OpenMode> (3); }));
    CHECK (refused ([] (MemOptions& o) { o.hugePageSize = 3 << 20; }));
    CHECK (refused ([] (MemOptions& o) { o.hugePageSize = 1; }));
    CHECK (refused ([] (MemOptions& o) { o.hugePageSize = 4096; }));
    CHECK (refused ([] (MemOptions& o) { o.permissions = 01777; }));
    CHECK (refused ([] (MemOptions& o) { o.numaNode = -2; }));
    CHECK (refused ([] (MemOptions& o) { std::memset (&o.onlyOurs, 7, 1); }));
    CHECK (refused ([] (MemOptions& o) { o.readOnly = true; }));
}

TEST_CASE ("LocalMem rejects OpenOnly")
{
    MemOptions options;
    options.openMode = OpenMode::OpenOnly;
    CHECK (thrown ([&] { join::LocalMem (4096, options); }) == EINVAL);
}

TEMPLATE_TEST_CASE ("older structSize is accepted, invalid one is EINVAL", "", MakeLocal, MakeShared)
{
    TestType maker;
    for (uint32_t size : {0U, 1U, 4U, 7U, 9U, 31U, ~0U})
    {
        MemOptions options;
        options.structSize = size;
        CAPTURE (size);
        CHECK (thrown ([&] { maker.make (4096, options); }) == EINVAL);
    }
    MemOptions older;
    older.structSize = offsetof (MemOptions, openMode);
    older.openMode = static_cast<OpenMode> (77);  // beyond what the older program knows: not read
    CHECK (maker.make (4096, older).size () == 4096);
}

TEMPLATE_TEST_CASE ("newer options are accepted if new fields are zero", "", MakeLocal, MakeShared)
{
    TestType maker;
    Newer newer;
    newer.options.structSize = sizeof (Newer);
    CHECK (maker.make (4096, newer.options).size () == 4096);
    newer.more = uint64_t (1) << 63;
    CHECK (thrown ([&] { maker.make (4096, newer.options); }) == EINVAL);
}

TEMPLATE_TEST_CASE ("permissions of 0 are accepted", "", MakeLocal, MakeShared)
{
    TestType maker;
    MemOptions options;
    options.permissions = 0;
    CHECK (maker.make (4096, options).size () == 4096);
}
