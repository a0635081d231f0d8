// SPDX-License-Identifier: MIT
// Attaching: to the queue of that name, as it is; to nothing else; and without a trace where it fails.
#include "kinds.hpp"

#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using join::MemOptions;
using join::OpenMode;
using join::QueueOptions;

namespace
{
std::string bytesOf (const std::string& path)
{
    std::ifstream file (path, std::ios::binary);
    return std::string (std::istreambuf_iterator<char> (file), std::istreambuf_iterator<char> ());
}

void put (const std::string& path, const std::string& bytes)
{
    std::ofstream file (path, std::ios::binary | std::ios::trunc);
    file << bytes;
    file.close ();
    ::chmod (path.c_str (), 0600);
}

// The errno that opening throws; and that it leaves nothing behind, and the file as it was.
template <typename Kind, typename T = uint64_t>
int refusal (const OwnName& name, uint64_t capacity, const MemOptions& memory = MemOptions (),
             const QueueOptions& options = QueueOptions ())
{
    const std::string before = bytesOf (name.path ());
    const std::vector<std::string> names = crash::names ();
    thrownBy ([&] { openQueue<Kind, T> (capacity, name.text, memory, options); });  // what is made once a process
    static crash::Footprint then;
    static crash::Footprint now;
    crash::Footprint::settle ();
    then.take ();
    const int error = thrownBy ([&] { openQueue<Kind, T> (capacity, name.text, memory, options); });
    now.take ();
    if (!crash::sanitized ())
    {
        CHECK (then.differs (now) == "");
    }
    CHECK (bytesOf (name.path ()) == before);
    CHECK (crash::names () == names);
    return error;
}

QueueOptions typed (uint64_t id)
{
    QueueOptions options;
    options.typeId = id;
    return options;
}

template <typename Kind>
void refusesOtherKinds (const OwnName& name)
{
    CHECK (refusal<ShmSpsc> (name, 4) == (std::is_same<Kind, ShmSpsc>::value ? 0 : EINVAL));
    CHECK (refusal<ShmMpsc> (name, 4) == (std::is_same<Kind, ShmMpsc>::value ? 0 : EINVAL));
    CHECK (refusal<ShmMpmc> (name, 4) == (std::is_same<Kind, ShmMpmc>::value ? 0 : EINVAL));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("another kind, element size, capacity or type is refused, and the queue untouched",
                         "[queue][open]", SharedKinds)
{
    Made<TestType> made (4, MemOptions (), typed (17));
    made->tryPush (1);
    refusesOtherKinds<TestType> (made.name);
    CHECK (refusal<TestType, uint32_t> (made.name, 4) == EINVAL);
    CHECK (refusal<TestType> (made.name, 8) == EINVAL);
    CHECK (refusal<TestType> (made.name, 2) == EINVAL);
    CHECK (refusal<TestType> (made.name, 0) == EINVAL);  // 0 is 1, where it may have to be made
    CHECK (refusal<TestType> (made.name, 4, MemOptions (), typed (18)) == EINVAL);
    CHECK (refusal<TestType> (made.name, 4, mode (OpenMode::CreateOnly)) == EEXIST);
    MemOptions readOnly = mode (OpenMode::OpenOnly);
    readOnly.readOnly = true;
    CHECK (refusal<TestType> (made.name, 4, readOnly) == EINVAL);
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 1));
}

TEMPLATE_LIST_TEST_CASE ("capacities compare when rounded, types where both give one", "[queue][open]", SharedKinds)
{
    Made<TestType> made (3, MemOptions (), typed (17));
    CHECK (openQueue<TestType> (4, made.name.text).capacity () == 4);
    CHECK (openQueue<TestType> (3, made.name.text, MemOptions (), typed (17)).capacity () == 4);
    CHECK (!openQueue<TestType> (4, made.name.text, MemOptions (), typed (0)).created ());
    CHECK (openQueue<TestType> (0, made.name.text, mode (OpenMode::OpenOnly)).capacity () == 4);
    Made<TestType> untyped (4);
    CHECK (openQueue<TestType> (4, untyped.name.text, MemOptions (), typed (17)).capacity () == 4);
}

TEMPLATE_LIST_TEST_CASE ("the maker's tag is everybody's, and the opener's is ignored", "[queue][open]", SharedKinds)
{
    QueueOptions options;
    options.tag = 5;
    Made<TestType> made (4, MemOptions (), options);
    options.tag = 6;
    auto other = openQueue<TestType> (4, made.name.text, MemOptions (), options);
    CHECK (other.tag () == 5);
    CHECK (other.name () == made.name.text);
    CHECK (openQueue<TestType> (4, made.name.text.substr (1)).name () == made.name.text);
}

TEMPLATE_LIST_TEST_CASE ("the open modes make, open or refuse", "[queue][open]", SharedKinds)
{
    const OwnName name;
    CHECK (refusal<TestType> (name, 4, mode (OpenMode::OpenOnly)) == ENOENT);
    CHECK (refusal<TestType> (name, 0, mode (OpenMode::OpenOnly)) == ENOENT);
    {
        CHECK (openQueue<TestType> (4, name.text, mode (OpenMode::CreateOnly)).created ());
    }
    CHECK (!openQueue<TestType> (4, name.text).created ());
    CHECK (refusal<TestType> (name, 4, mode (OpenMode::CreateOnly)) == EEXIST);
    join::ShmMem::unlink (name.text);
    CHECK (openQueue<TestType> (4, name.text).created ());
}

TEMPLATE_LIST_TEST_CASE ("names that are none, and a null one, are refused", "[queue][open]", SharedKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    const char* null = nullptr;
    CHECK (thrownBy ([] { Queue queue (4, ""); }) == EINVAL);
    CHECK (thrownBy ([] { Queue queue (4, "/"); }) == EINVAL);
    CHECK (thrownBy ([] { Queue queue (4, "/a/b"); }) == EINVAL);
    CHECK (thrownBy ([&] { Queue queue (4, null); }) == EINVAL);
    CHECK (thrownBy ([] { Queue queue (4, std::string (300, 'x')); }) == ENAMETOOLONG);
    CHECK (crash::names ().empty ());
}

TEMPLATE_LIST_TEST_CASE ("options that are none are refused before anything is made", "[queue][open]", AllKinds)
{
    const OwnName name;
    const auto make = [&] (const QueueOptions& options) {
        return thrownBy ([&] { openQueue<TestType> (4, name.text, MemOptions (), options); });
    };
    QueueOptions options;
    for (uint32_t participants : {0U, 1U, 64U, 1022U})
    {
        options.participants = participants;
        CHECK (make (options) == 0);
        join::ShmMem::unlink (name.text);
    }
    for (uint32_t participants : {1023U, 1024U, 1U << 31, UINT32_MAX})
    {
        options.participants = participants;
        CHECK (make (options) == EINVAL);
    }
    options.participants = 0;
    for (uint32_t size : {0U, 1U, 4U, 7U, 9U, 23U, 4097U, UINT32_MAX})
    {
        options.structSize = size;
        CHECK (make (options) == EINVAL);
    }
    CHECK (crash::names ().empty ());
}

TEMPLATE_LIST_TEST_CASE ("options of an older program and of a newer one are read as far as both know them",
                         "[queue][open]", AllKinds)
{
    const OwnName name;
    struct Newer
    {
        QueueOptions known;
        uint64_t unknown = 0;
    } newer;
    newer.known.structSize = sizeof (Newer);
    newer.known.tag = 3;
    CHECK (openQueue<TestType> (4, name.text, MemOptions (), newer.known).tag () == 3);
    newer.unknown = 1;
    CHECK (thrownBy ([&] { openQueue<TestType> (4, name.text, MemOptions (), newer.known); }) == EINVAL);
    join::ShmMem::unlink (name.text);
    QueueOptions older;
    older.tag = 7;  // a field that it does not have
    older.structSize = 8;
    CHECK (openQueue<TestType> (4, name.text, MemOptions (), older).tag () == 0);
}

TEMPLATE_LIST_TEST_CASE ("what is no queue is EBADMSG, and left as it is", "[queue][open]", SharedKinds)
{
    const OwnName name;
    for (std::size_t size : {0U, 10U, 127U, 128U, 4096U, 8191U, 1U << 16})
    {
        INFO ("a file of " << size << " bytes");
        put (name.path (), std::string (size, 'J'));
        CHECK (refusal<TestType> (name, 4) == EBADMSG);
        CHECK (refusal<TestType> (name, 0, mode (OpenMode::OpenOnly)) == EBADMSG);
        put (name.path (), std::string (size, '\0'));
        CHECK (refusal<TestType> (name, 4) == EBADMSG);
    }
    join::ShmMem::unlink (name.text);
    join::ShmMem plain (1 << 16, name.text);
    CHECK (refusal<TestType> (name, 4) == EBADMSG);
}

TEMPLATE_LIST_TEST_CASE ("a queue that was cut short is EBADMSG", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4096);
    const std::string whole = bytesOf (made.name.path ());
    const OwnName name;
    for (std::size_t size :
         {std::size_t (100), std::size_t (128), std::size_t (768), std::size_t (4096), whole.size () - 4096})
    {
        put (name.path (), whole.substr (0, size));
        CHECK (refusal<TestType> (name, 4096) == EBADMSG);
    }
    put (name.path (), whole);
    CHECK (refusal<TestType> (name, 4096) == 0);
    put (name.path (), whole + std::string (4096, 'x'));
    CHECK (refusal<TestType> (name, 4096) == 0);  // more than it needs is no harm
}

TEMPLATE_LIST_TEST_CASE ("two objects on one name are one queue, in one thread too", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    auto other = openQueue<TestType> (4, made.name.text);
    CHECK (!other.created ());
    for (uint64_t i = 0; i < 100; ++i)
    {
        uint64_t got = 0;
        REQUIRE (made->tryPush (i) == 0);
        REQUIRE (other.pending () == 1);
        REQUIRE (other.tryPop (got) == 0);
        REQUIRE (got == i);
        REQUIRE (made->pending () == 0);
    }
}

TEMPLATE_LIST_TEST_CASE ("roles pass on when an object is destroyed, and its elements stay", "[queue][open]",
                         SharedKinds)
{
    Made<TestType> made (4);
    auto waiting = std::make_unique<typename TestType::template Queue<uint64_t>> (4, made.name.text);
    uint64_t pushed = 0;
    uint64_t popped = 0;
    for (int turn = 0; turn < 50; ++turn)
    {
        {
            auto pusher = openQueue<TestType> (4, made.name.text);
            while (pusher.tryPush (pushed) == 0)
            {
                ++pushed;
            }
            REQUIRE (made->full ());
        }
        {
            auto popper = openQueue<TestType> (4, made.name.text);
            uint64_t got = 0;
            for (int i = 0; i < 3; ++i)
            {
                REQUIRE (popper.tryPop (got) == 0);
                REQUIRE (got == popped++);
            }
        }
        if (turn % 10 == 9)
        {
            // An object that was made long ago and has done nothing takes over both.
            uint64_t got = 0;
            while (waiting->tryPop (got) == 0)
            {
                REQUIRE (got == popped++);
            }
            REQUIRE (waiting->tryPush (pushed++) == 0);
            waiting.reset (new typename TestType::template Queue<uint64_t> (4, made.name.text));
        }
    }
    CHECK (made->pending () == pushed - popped);
}

TEMPLATE_LIST_TEST_CASE ("an unlinked queue goes on for those who have it", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    auto other = openQueue<TestType> (4, made.name.text);
    join::ShmMem::unlink (made.name.text);
    uint64_t got = 0;
    CHECK (made->push (4) == 0);
    CHECK ((other.pop (got) == 0 && got == 4));
    CHECK (openQueue<TestType> (8, made.name.text).created ());
}

TEMPLATE_LIST_TEST_CASE ("making and destroying queues leaves nothing behind", "[queue][open]", AllKinds)
{
    static crash::Footprint then;
    static crash::Footprint now;
    const auto round = [] {
        Made<TestType> made (64);
        uint64_t got = 0;
        made->push (1);
        made->pop (got);
    };
    round ();
    crash::Footprint::settle ();
    then.take ();
    for (int i = 0; i < 300; ++i)
    {
        round ();
    }
    now.take ();
    if (!crash::sanitized ())
    {
        CHECK (then.differs (now) == "");
    }
    CHECK (crash::names ().empty ());
}
