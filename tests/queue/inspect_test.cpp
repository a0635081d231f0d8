// SPDX-License-Identifier: MIT
// Inspection reports what a segment is and disturbs nothing; only segments that no process has open are removed.
#include "inspect_support.hpp"
#include "raw.hpp"

#include "../asleep.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using join::inspect;
using join::SegmentInfo;
using join::SegmentKind;

TEMPLATE_LIST_TEST_CASE ("inspection reports what a queue is", "[inspect]", SharedKinds)
{
    join::QueueOptions options;
    options.tag = 7;
    options.typeId = 9;
    Made<TestType> made (4, join::MemOptions (), options);
    for (uint64_t value : {1, 2, 3})
    {
        REQUIRE (made->tryPush (value) == 0);
    }
    uint64_t value = 0;
    REQUIRE (made->tryPop (value) == 0);
    const SegmentInfo info = inspect (made.name.text);
    CHECK (info.isQueue ());
    CHECK ((info.kind == SegmentKind::Spsc) == std::is_same<TestType, ShmSpsc>::value);
    CHECK (info.path == made.name.path ());
    CHECK ((info.elementSize == 8 && info.capacity == 4 && info.tag == 7 && info.typeId == 9));
    CHECK ((info.pending == 2 && info.pushed == 3 && info.popped == 1 && info.deaths == 0 && info.skipped == 0));
    CHECK ((info.creatorPid == ::getpid () && info.permissions == 0600 && info.owner == ::geteuid ()));
    CHECK ((info.version == 0x10000 && info.inUse.value_or (false) && info.users.value_or (0) == 1));
    CHECK_FALSE (info.shutDown);
    made->shutdown ();
    CHECK (inspect (made.name.text).shutDown);
    CHECK (inspect (made.name.text).pending == 2);
    CHECK (info.size == inspect (made.name.text).size);
}

TEST_CASE ("inspection distinguishes memory from foreign files", "[inspect]")
{
    const OwnName name;
    {
        join::ShmMem memory (8192, name.text);
        const SegmentInfo info = inspect (name.text);
        CHECK ((info.kind == SegmentKind::Memory && info.size == 8192 && info.users.value_or (0) == 1));
        CHECK (info.createdAt != 0);
    }
    const SegmentInfo unused = inspect (name.text);
    CHECK ((unused.kind == SegmentKind::Memory && unused.inUse.has_value () && !*unused.inUse));
    CHECK (unused.permissions == 0600);

    const OwnName other;
    put (other.path (), 4096);
    CHECK (inspect (other.text).kind == SegmentKind::Other);
    put (other.path (), 4096, "JOINMEMQ");
    const SegmentInfo damaged = inspect (other.text);
    CHECK (damaged.kind == SegmentKind::Damaged);
    CHECK (damaged.fault.find ("version") != std::string::npos);
    ::unlink (other.path ().c_str ());
    REQUIRE (::mkfifo (other.path ().c_str (), 0600) == 0);
    CHECK (inspect (other.text).kind == SegmentKind::Other);
    CHECK (errorOf (join::removeUnused (other.text)) == EINVAL);
    ::unlink (other.path ().c_str ());
    REQUIRE (::symlink (name.path ().c_str (), other.path ().c_str ()) == 0);
    CHECK (inspect (other.text).kind == SegmentKind::Other);
    CHECK (errorOf (join::removeUnused (other.text)) == EINVAL);
    CHECK (inspect (name.text).kind == SegmentKind::Memory);
}

TEST_CASE ("invalid and missing names are reported", "[inspect]")
{
    CHECK (thrownBy ([] { inspect (""); }) == EINVAL);
    CHECK (thrownBy ([] { inspect ("a/b"); }) == EINVAL);
    const char* null = nullptr;
    CHECK (thrownBy ([=] { inspect (null); }) == EINVAL);
    CHECK (thrownBy ([=] { join::inspectPages (null); }) == EINVAL);
    CHECK (join::inspectProducers (null, nullptr, 0) == -1);
    CHECK (errorOf (join::removeUnused (null)) == EINVAL);
    CHECK (thrownBy ([] { inspect (std::string (300, 'a')); }) == ENAMETOOLONG);
    CHECK (thrownBy ([] { inspect ("/joinmem-nobody-has-this"); }) == ENOENT);
    CHECK (thrownBy ([] { join::inspectPages ("/joinmem-nobody-has-this"); }) == ENOENT);
    CHECK (errorOf (join::removeUnused ("/joinmem-nobody-has-this")) == ENOENT);
    CHECK (errorOf (join::removeUnused ("a/b")) == EINVAL);
    join::Producer one;
    CHECK (join::inspectProducers ("/joinmem-nobody-has-this", &one, 1) == -1);
    CHECK (join::lastError.value () == ENOENT);
    Made<ShmMpmc> made (4);
    CHECK (join::inspectProducers (made.name.text, nullptr, 1) == -1);
    CHECK (join::lastError.value () == EINVAL);
    const auto names = join::segmentNames ();
    CHECK (std::count (names.begin (), names.end (), made.name.text) == 1);
    CHECK (std::is_sorted (names.begin (), names.end ()));
}

TEST_CASE ("inspection leaves no trace", "[inspect]")
{
    Made<ShmMpmc> made (1 << 16);
    made->tryPush (1);
    const OwnName sparse;
    join::MemOptions lazily;
    lazily.prefault = false;
    join::ShmMem memory (4 << 20, sparse.text, lazily);
    *static_cast<char*> (memory.get (3 << 20)) = 'x';
    for (const OwnName* name : {static_cast<const OwnName*> (&made.name), &sparse})
    {
        const auto look = [&] {
            join::Producer all[4];
            inspect (name->text);
            join::inspectPages (name->text);
            join::inspectProducers (name->text, all, 4);
            join::segmentNames ();
        };
        look ();
        static crash::Footprint before;
        static crash::Footprint after;
        const Traces then (name->path ());
        before.take ();
        look ();
        after.take ();
        CHECK (Traces (name->path ()) == then);
        if (!crash::sanitized ())
        {
            CHECK (before.differs (after) == "");
        }
        CHECK (inspect (name->text).users.value_or (0) == 1);
    }
}

TEST_CASE ("inspection reports pages of an unopened segment", "[inspect]")
{
    const OwnName name;
    join::MemOptions base;
    base.huge = join::HugePages::Never;
    join::ShmMem memory (4 << 20, name.text, base);
    const join::SegmentPages pages = join::inspectPages (name.text);
    REQUIRE (pages.pageSize.has_value ());
    CHECK (*pages.pageSize == 4096);
    CHECK (pages.hugeBytes.value_or (1) == 0);
    if (pages.nodes.has_value ())
    {
        uint64_t sum = 0;
        for (const join::NodeBytes& node : *pages.nodes)
        {
            sum += node.bytes;
        }
        CHECK (sum == 4 << 20);
    }
    const OwnName second;
    join::ShmMem huge (4 << 20, second.text);
    if (huge.pageSize () > 4096)
    {
        CHECK (join::inspectPages (second.text).pageSize.value_or (0) == huge.pageSize ());
        CHECK (join::inspectPages (second.text, 2 << 20).hugeBytes.value_or (0) == 2 << 20);
    }
}

TEMPLATE_TEST_CASE ("inspection reports live, pushing and dead producers", "[inspect]", ShmMpsc, ShmMpmc)
{
    Made<TestType> made (4);
    CHECK (producersOf (made.name.text).empty ());
    made->tryPush (1);
    auto all = producersOf (made.name.text);
    REQUIRE (all.size () == 1);
    CHECK ((all[0].slot == 1 && all[0].pid == ::getpid () && all[0].alive && !all[0].inPush));

    // The state that a killed thread with slot 2 leaves after its claim: its slot, and head.
    Raw raw (made.name.text);
    auto* slots = reinterpret_cast<join::detail::Slot*> (&raw.control () + 1);
    slots[1].pid = 4711;
    slots[1].state = 1;
    slots[1].claim = raw.control ().head.value.load ();
    raw.control ().head.value = (raw.control ().head.value & join::detail::ticketMask) + join::detail::ticketUnit + 2;
    all = producersOf (made.name.text);
    REQUIRE (all.size () == 2);
    CHECK ((all[1].slot == 2 && all[1].pid == 4711 && !all[1].alive && all[1].inPush));
    join::Producer own[2];
    REQUIRE (made->producers (own, 2) == 2);
    CHECK ((own[1].inPush && !own[1].alive && !own[0].inPush));
    const auto list = join::inspectProducers (made.name.text);
    REQUIRE (list.has_value ());
    CHECK ((list->size () == 2 && (*list)[1].pid == 4711));
    CHECK_FALSE (join::inspectProducers ("/joinmem-nobody-has-this").has_value ());
}

TEST_CASE ("only unused segments are removed", "[inspect]")
{
    const OwnName name;
    {
        join::ShmMem memory (4096, name.text);
        CHECK (errorOf (join::removeUnused (name.text)) == EBUSY);
        CHECK (inspect (name.text).kind == SegmentKind::Memory);
    }
    {
        const User user (name.text);
        CHECK (errorOf (join::removeUnused (name.text)) == EBUSY);
    }
    CHECK (join::removeUnused (name.text) == 0);
    CHECK (thrownBy ([&] { inspect (name.text); }) == ENOENT);
    {
        ShmMpmc::Queue<uint64_t> queue (4, name.text);
        CHECK (errorOf (join::removeUnused (name.text)) == EBUSY);
    }
    CHECK (join::removeUnused (name.text) == 0);

    const std::string path = name.path ();
    put (path, 4096);
    CHECK (errorOf (join::removeUnused (name.text)) == EINVAL);
    put (path, 4096, "JOINMEMQ");
    CHECK (errorOf (join::removeUnused (name.text)) == EBADMSG);
    CHECK (::access (path.c_str (), F_OK) == 0);
}

TEMPLATE_LIST_TEST_CASE ("changed or reopened segment is not removed", "[inspect]", SharedKinds)
{
    const OwnName name;
    const auto use = [&] (bool pop) {
        typename TestType::template Queue<uint64_t> queue (4, name.text);
        uint64_t value = 1;
        REQUIRE ((pop ? queue.tryPop (value) : queue.tryPush (value)) == 0);
    };
    use (false);
    SegmentInfo seen = inspect (name.text);
    use (false);
    CHECK (errorOf (join::removeUnused (seen)) == EAGAIN);
    seen = inspect (name.text);
    use (true);
    CHECK (errorOf (join::removeUnused (seen)) == EAGAIN);
    seen = inspect (name.text);
    REQUIRE (join::ShmMem::unlink (name.text) == 0);
    use (false);
    CHECK (errorOf (join::removeUnused (seen)) == EAGAIN);
    CHECK (join::removeUnused (inspect (name.text)) == 0);
    CHECK (errorOf (join::removeUnused (seen)) == ENOENT);
    CHECK (errorOf (join::removeUnused (SegmentInfo ())) == EINVAL);
}

TEST_CASE ("opening during removal gives a complete segment", "[inspect][race]")
{
    const OwnName name;
    std::atomic<bool>* const flags = static_cast<std::atomic<bool>*> (crash::sharedPages (4096));
    std::atomic<bool>& over = flags[0];
    std::atomic<bool>& met = flags[1];  // the segment was removed at least once between two users
    std::vector<pid_t> users;
    for (int i = 0; i < 4; ++i)
    {
        users.push_back (::fork ());
        if (users.back () == 0)
        {
            int lost = 0;
            for (int round = 0; round < 200 || (!met && round < 20000); ++round)
            {
                // After 200 rounds the users sleep between rounds, until the collector has found the segment unused
                // once. The rounds end at that event and not at a time.
                ::usleep (round < 200 ? 0 : 1000);
                ShmMpmc::Queue<uint64_t> queue (8, name.text);
                uint64_t value = 1;
                const SegmentInfo info = inspect (name.text);
                ShmMpmc::Queue<uint64_t> again (8, name.text);
                lost += !again.created () && info.inUse.value_or (false) ? 0 : 1;
                // These calls wait, because another process may be in the middle of an earlier push.
                lost += queue.push (value) == 0 && queue.pop (value) == 0 ? 0 : 1;
            }
            ::_exit (lost == 0 ? 0 : 1);
        }
    }
    int removed = 0;
    std::thread collector ([&] {
        while (!over)
        {
            removed += join::removeUnused (name.text) == 0 ? 1 : 0;
            met = removed > 0;
        }
    });
    for (const pid_t user : users)
    {
        int status = -1;
        ::waitpid (user, &status, 0);
        CHECK (status == 0);
    }
    over = true;
    collector.join ();
    INFO (removed << " removals");
    CHECK (removed > 0);
}

TEST_CASE ("opening waits for removal, up to a limit", "[inspect]")
{
    const OwnName name;
    const join::ShmMem made (4096, name.text);
    const int file = ::open (name.path ().c_str (), O_RDWR | O_CLOEXEC);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_start = off_t (1) << 62;
    lock.l_len = 1;
    REQUIRE (::fcntl (file, F_OFD_SETLK, &lock) == -1);  // the segment is in use
    const OwnName unused;
    {
        join::ShmMem once (4096, unused.text);
    }
    const int other = ::open (unused.path ().c_str (), O_RDWR | O_CLOEXEC);
    REQUIRE (::fcntl (other, F_OFD_SETLK, &lock) == 0);
    CHECK (thrownBy ([&] { join::ShmMem (4096, unused.text); }) == EBUSY);
    const std::atomic<pid_t> opener {::gettid ()};
    std::thread later ([&] {
        untilNapping (opener);
        ::close (other);
    });
    CHECK (thrownBy ([&] { join::ShmMem (4096, unused.text); }) == 0);
    later.join ();
    ::close (file);
}

TEMPLATE_LIST_TEST_CASE ("inspection survives a hostile segment", "[inspect]", SharedKinds)
{
    Made<TestType> made (16);
    Raw raw (made.name.text);
    std::mt19937_64 random (4);
    const std::vector<unsigned char> good (raw.bytes (), raw.bytes () + raw.size ());
    const auto look = [&] {
        join::Producer all[2000];
        const SegmentInfo info = inspect (made.name.text);
        CHECK (info.pending <= (info.isQueue () ? info.capacity : 0));
        CHECK (join::inspectProducers (made.name.text, all, 2000) <= 1022);
        join::inspectPages (made.name.text);
    };
    for (int round = 0; round < 300; ++round)
    {
        std::copy (good.begin (), good.end (), raw.bytes ());
        for (uint64_t i = random () % 4; i < 4; ++i)
        {
            const uint64_t last = random () % 2 == 0 ? sizeof (join::detail::Identity) : 768 + 4 * 128;
            raw.put<uint64_t> (random () % (last / 8) * 8, random () >> (random () % 64));
        }
        look ();
    }
    std::copy (good.begin (), good.end (), raw.bytes ());
    const uint64_t segmentSize = inspect (made.name.text).segmentSize;
    for (const off_t length : {1 << 20, 65536, 4096, 4095, 800, 768, 500, 128, 127, 100, 1, 0})
    {
        REQUIRE (::truncate (made.name.path ().c_str (), length) == 0);
        look ();
        const SegmentInfo info = inspect (made.name.text);
        CHECK (info.isQueue () == (static_cast<uint64_t> (length) >= segmentSize));
        CHECK ((info.kind == SegmentKind::Damaged) == (!info.isQueue () && length >= 128));
    }
}
