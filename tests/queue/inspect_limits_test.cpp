// SPDX-License-Identifier: MIT
// Inspection reports damaged queues as damaged, and its cost does not grow with the number of other segments and
// producers.
#include "inspect_support.hpp"
#include "raw.hpp"

#include "../crash/tracer.hpp"

#include <join/any_queue.hpp>
#include <join/placement.hpp>

#include <memory>
#include <sys/syscall.h>

using join::inspect;
using join::SegmentInfo;
using join::SegmentKind;

TEMPLATE_LIST_TEST_CASE ("contradicting counters are reported as damage", "[inspect]", SharedKinds)
{
    Made<TestType> made (4);
    REQUIRE (made->tryPush (1) == 0);
    Raw raw (made.name.text);
    const bool spsc = std::is_same<TestType, ShmSpsc>::value;
    const uint64_t one = spsc ? 1 : join::detail::ticketUnit;
    for (const uint64_t popped : {uint64_t (0), uint64_t (270000)})
    {
        for (const uint64_t difference : {uint64_t (4), uint64_t (5), uint64_t (31000), uint64_t (0) - 1})
        {
            raw.control ().tail.value = popped * one;
            raw.control ().head.value = (popped + difference) * one;
            const SegmentInfo info = inspect (made.name.text);
            INFO (popped << ", " << difference << ": " << info.fault);
            CHECK (info.isQueue () == (difference == 4));
            CHECK ((info.kind == SegmentKind::Damaged) == (difference != 4));
            CHECK ((info.fault.find ("capacity of 4") != std::string::npos) == (difference != 4));
        }
    }
}

TEST_CASE ("impossible slot count is reported as damage", "[inspect]")
{
    for (const auto kind : {join::detail::Kind::Spsc, join::detail::Kind::Mpmc})
    {
        const bool spsc = kind == join::detail::Kind::Spsc;
        for (const uint32_t slots : {0U, 1U, 2U, 3U, 1022U, 1023U})
        {
            const OwnName name;
            const join::detail::Layout layout = join::detail::layoutOf (kind, 8, 8, slots);
            join::detail::Identity identity = {};
            identity.magic = join::detail::segmentMagic;
            identity.major = join::detail::formatMajor;
            identity.headerSize = offsetof (join::detail::Control, head);
            identity.kind = static_cast<uint32_t> (kind);
            identity.elementSize = 8;
            identity.capacity = 8;
            identity.slotCount = slots;
            identity.stride = join::detail::strideOf (kind, 8);
            identity.sequencesOffset = layout.sequencesOffset;
            identity.elementsOffset = layout.elementsOffset;
            identity.segmentSize = layout.segmentSize;
            std::string bytes (layout.segmentSize, '\0');
            std::memcpy (&bytes[0], &identity, sizeof (identity));
            put (name.path (), bytes.size (), bytes);
            const bool right = spsc ? slots == 2 : slots != 0 && slots != 1023;
            INFO ((spsc ? "Spsc, " : "Mpmc, ") << slots << " slots");
            CHECK (inspect (name.text).isQueue () == right);
            CHECK (thrownBy ([&] { join::AnyQueue (name.text); }) == (right ? 0 : EBADMSG));
        }
    }
}

namespace
{
/// Counts the system calls `number` that `look` makes.
uint64_t callsOf (long number, const std::function<void ()>& prepare, const std::function<void ()>& look)
{
    uint64_t count = 0;
    crash::Traced child ([&] {
        prepare ();
        crash::mark (1);
        look ();
        crash::mark (2);
        return 0;
    });
    REQUIRE (child.between (1, 2, [&] (crash::Stop stop) {
        count += stop == crash::Stop::Entry && child.call ().number == number ? 1 : 0;
        return true;
    }));
    REQUIRE (child.finish () == 0);
    return count;
}
}  // namespace

TEST_CASE ("inspection of many segments reads locks few times", "[inspect][cost]")
{
    constexpr int count = 600;
    constexpr int shown = 200;
    const std::string base = crash::freshName ();
    const auto nameOf = [&] (int i) { return base + std::to_string (i); };
    std::vector<std::unique_ptr<join::ShmMem>> segments;
    const auto prepare = [&] {
        for (int i = 0; i < count; ++i)
        {
            segments.push_back (std::make_unique<join::ShmMem> (4096, nameOf (i)));
        }
    };
    uint32_t users = 0;
    const auto look = [&] {
        for (int i = 0; i < shown; ++i)
        {
            users += inspect (nameOf (i)).users.value_or (0);
        }
        for (int i = 0; i < count; ++i)
        {
            join::ShmMem::unlink (nameOf (i));
        }
        if (users != shown)
        {
            ::_exit (3);
        }
    };
    // One reading of the locks of 600 segments takes nine calls or more; one reading for each segment would take 2000.
    CHECK (callsOf (SYS_read, prepare, look) < 2 * shown);
}

TEST_CASE ("producers of 1022 slots are read in blocks", "[inspect][cost]")
{
    join::QueueOptions options;
    options.maxProducers = 1022;
    Made<ShmMpmc> made (4, join::MemOptions (), options);
    REQUIRE (made->tryPush (1) == 0);
    const auto look = [&] {
        if (join::inspectProducers (made.name.text, nullptr, 0) != 1)
        {
            ::_exit (3);
        }
    };
    CHECK (callsOf (
               SYS_pread64, [] {}, look)
           < 1022 / 4);
}

namespace
{
/// Counts the calls of move_pages (2) in a report on memory of which one page was touched.
template <typename Memory>
uint64_t pageCalls (Memory&& memory)
{
    const auto touch = [&] { *static_cast<char*> (memory.get (0)) = 1; };
    const auto report = [&] {
        const join::Placement placement = memory.placement ();
        if (!placement.nodes.has_value () || placement.nodes->size () != 1)
        {
            ::_exit (3);
        }
    };
    return callsOf (SYS_move_pages, touch, report);
}
}  // namespace

TEST_CASE ("placement of sparse memory queries few pages", "[inspect][cost]")
{
    join::MemOptions options;
    options.prefault = false;
    options.huge = join::HugePages::Never;
    constexpr uint64_t size = uint64_t (4) << 30;
    // One call asks the kernel about 512 pages; asking about all pages would take 2048 calls.
    const OwnName name;
    CHECK (pageCalls (join::ShmMem (size, name.text, options)) < 8);
    CHECK (pageCalls (join::LocalMem (size, options)) < 8);
}
