// SPDX-License-Identifier: MIT
// Attaching to the queue of that name leaves it as it is; attaching to anything else fails without a trace.
#include "kinds.hpp"

#include <join/any_queue.hpp>

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

// The errno that opening throws; checks that nothing leaks and that the file stays unchanged.
template <typename Kind, typename T = uint64_t>
int refusal (const OwnName& name, uint64_t capacity, const MemOptions& memory = MemOptions (),
             const QueueOptions& options = QueueOptions ())
{
    const std::string before = bytesOf (name.path ());
    const std::vector<std::string> names = crash::names ();
    // Creates what a process creates only once.
    thrownBy ([&] { openQueue<Kind, T> (capacity, name.text, memory, options); });
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

TEMPLATE_LIST_TEST_CASE ("mismatched open is rejected and changes nothing", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4, MemOptions (), typed (17));
    made->tryPush (1);
    refusesOtherKinds<TestType> (made.name);
    CHECK (refusal<TestType, uint32_t> (made.name, 4) == EINVAL);
    CHECK (refusal<TestType> (made.name, 8) == EINVAL);
    CHECK (refusal<TestType> (made.name, 2) == EINVAL);
    CHECK (refusal<TestType> (made.name, 0) == EINVAL);  // 0 counts as 1, because the call may have to create the queue
    CHECK (refusal<TestType> (made.name, 4, MemOptions (), typed (18)) == EINVAL);
    CHECK (refusal<TestType> (made.name, 4, mode (OpenMode::CreateOnly)) == EEXIST);
    MemOptions readOnly = mode (OpenMode::OpenOnly);
    readOnly.readOnly = true;
    CHECK (refusal<TestType> (made.name, 4, readOnly) == EINVAL);
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 1));
}

TEMPLATE_LIST_TEST_CASE ("capacities compare when rounded, types if both known", "[queue][open]", SharedKinds)
{
    Made<TestType> made (3, MemOptions (), typed (17));
    CHECK (openQueue<TestType> (4, made.name.text).capacity () == 4);
    CHECK (openQueue<TestType> (3, made.name.text, MemOptions (), typed (17)).capacity () == 4);
    CHECK (!openQueue<TestType> (4, made.name.text, MemOptions (), typed (0)).created ());
    CHECK (openQueue<TestType> (0, made.name.text, mode (OpenMode::OpenOnly)).capacity () == 4);
    Made<TestType> untyped (4);
    CHECK (openQueue<TestType> (4, untyped.name.text, MemOptions (), typed (17)).capacity () == 4);
}

TEMPLATE_LIST_TEST_CASE ("creator's tag stays, opener's is ignored", "[queue][open]", SharedKinds)
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

TEMPLATE_LIST_TEST_CASE ("open modes create, open or refuse", "[queue][open]", SharedKinds)
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

TEMPLATE_LIST_TEST_CASE ("invalid and null names are rejected", "[queue][open]", SharedKinds)
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

TEMPLATE_LIST_TEST_CASE ("invalid options are rejected before creation", "[queue][open]", AllKinds)
{
    const OwnName name;
    const auto make = [&] (const QueueOptions& options) {
        return thrownBy ([&] { openQueue<TestType> (4, name.text, MemOptions (), options); });
    };
    QueueOptions options;
    for (uint32_t producers : {0U, 1U, 256U, 1022U})
    {
        options.maxProducers = producers;
        CHECK (make (options) == 0);
        join::ShmMem::unlink (name.text);
    }
    for (uint32_t producers : {1023U, 1024U, 1U << 31, UINT32_MAX})
    {
        options.maxProducers = producers;
        CHECK (make (options) == EINVAL);
    }
    options.maxProducers = 0;
    for (uint32_t size : {0U, 1U, 4U, 7U, 9U, 23U, 4097U, UINT32_MAX})
    {
        options.structSize = size;
        CHECK (make (options) == EINVAL);
    }
    CHECK (crash::names ().empty ());
}

TEMPLATE_LIST_TEST_CASE ("options of older and newer programs are read", "[queue][open]", AllKinds)
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
    older.tag = 7;  // a field that the older struct lacks
    older.structSize = 8;
    CHECK (openQueue<TestType> (4, name.text, MemOptions (), older).tag () == 0);
}

TEMPLATE_LIST_TEST_CASE ("file that is no queue is EBADMSG, unchanged", "[queue][open]", SharedKinds)
{
    const OwnName name;
    for (std::size_t size : {0U, 10U, 127U, 128U, 4096U, 8191U, 1U << 16})
    {
        INFO ("file of " << size << " bytes");
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

TEMPLATE_LIST_TEST_CASE ("truncated queue is EBADMSG", "[queue][open]", SharedKinds)
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
    CHECK (refusal<TestType> (name, 4096) == 0);  // a larger file is allowed
}

TEMPLATE_LIST_TEST_CASE ("two objects on one name share one queue", "[queue][open]", SharedKinds)
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

TEMPLATE_LIST_TEST_CASE ("destroyed object frees its roles, elements stay", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    auto waiting = std::make_unique<typename TestType::template Queue<uint64_t>> (4, made.name.text);
    uint64_t pushed = 0;
    uint64_t popped = 0;
    for (int turn = 0; turn < 50; ++turn)
    {
        {
            auto producer = openQueue<TestType> (4, made.name.text);
            while (producer.tryPush (pushed) == 0)
            {
                ++pushed;
            }
            REQUIRE (made->full ());
        }
        {
            auto consumer = openQueue<TestType> (4, made.name.text);
            uint64_t got = 0;
            for (int i = 0; i < 3; ++i)
            {
                REQUIRE (consumer.tryPop (got) == 0);
                REQUIRE (got == popped++);
            }
        }
        if (turn % 10 == 9)
        {
            // An object that was created long ago and has done nothing takes both roles.
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

TEMPLATE_LIST_TEST_CASE ("unlinked queue continues for its users", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    auto other = openQueue<TestType> (4, made.name.text);
    join::ShmMem::unlink (made.name.text);
    uint64_t got = 0;
    CHECK (made->push (4) == 0);
    CHECK ((other.pop (got) == 0 && got == 4));
    CHECK (openQueue<TestType> (8, made.name.text).created ());
}

TEMPLATE_LIST_TEST_CASE ("creating and destroying queues leaks nothing", "[queue][open]", AllKinds)
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

TEMPLATE_LIST_TEST_CASE ("queue reports whether its name leads to it", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    auto other = openQueue<TestType> (4, made.name.text);
    join::AnyQueue any (made.name.text);
    CHECK (made->named () == 1);
    CHECK (other.named () == 1);
    CHECK (any.named () == 1);
    CHECK (::unlink (made.name.path ().c_str ()) == 0);
    CHECK (made->named () == 0);
    auto second = openQueue<TestType> (4, made.name.text);
    CHECK (second.created ());
    CHECK (second.named () == 1);
    CHECK (made->named () == 0);
    CHECK (other.named () == 0);
    CHECK (any.named () == 0);
}

TEST_CASE ("private queue has no name", "[queue][open]")
{
    const join::LocalMem::Spsc::Queue<uint64_t> queue (4);
    CHECK (queue.named () == 0);
}

TEMPLATE_LIST_TEST_CASE ("queue is not opened as plain memory", "[queue][open]", SharedKinds)
{
    Made<TestType> made (4);
    const std::string before = bytesOf (made.name.path ());
    for (const MemOptions& options : {MemOptions (), mode (OpenMode::OpenOnly)})
    {
        for (uint64_t size :
             {uint64_t (before.size ()), options.openMode == OpenMode::OpenOnly ? uint64_t (0) : uint64_t (4096)})
        {
            std::string said;
            try
            {
                join::ShmMem (size, made.name.text, options);
            }
            catch (const std::system_error& error)
            {
                said = error.code ().value () == EINVAL ? error.what () : "another error";
            }
            CHECK_THAT (said, Catch::Contains ("is a queue of kind ") && Catch::Contains ("of user "));
        }
    }
    CHECK (bytesOf (made.name.path ()) == before);
}
