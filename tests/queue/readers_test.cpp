// SPDX-License-Identifier: MIT
// A user may have the right to read a queue, but not to write to it. With any lock that it can take, such a user blocks
// no push, hides no death and stops no garbage collection.
#include "drop.hpp"
#include "raw.hpp"
#include "victim.hpp"

#include <join/inspect.hpp>

#include <thread>

#include <sys/stat.h>

using namespace std::chrono_literals;

namespace
{
constexpr unsigned readerUser = 65534;
constexpr unsigned readable = 0644;

join::MemOptions permitting (unsigned permissions)
{
    join::MemOptions options;
    options.permissions = permissions;
    return options;
}

/// Takes the read lock of all bytes that the library locks; F_OFD_SETLKW waits while a process has a write lock.
bool lockAll (int file, int command)
{
    struct flock lock = {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = off_t (1) << 62;
    lock.l_len = 0;
    return ::fcntl (file, command, &lock) == 0;
}

/// The names of lock files in /dev/shm.
std::vector<std::string> lockFiles ()
{
    std::vector<std::string> found;
    for (const std::string& name : crash::names ())
    {
        if (name.rfind (".joinmem.lock-", 0) == 0)
        {
            found.push_back (name);
        }
    }
    return found;
}

/// A process of another user: it holds read locks of the queue's file, or waits for them, while this object lives.
class Reader
{
public:
    explicit Reader (const std::string& path)
    : _ready (*static_cast<std::atomic<int>*> (crash::sharedPages (sizeof (std::atomic<int>))))
    , _pid (::fork ())
    {
        if (_pid == 0)
        {
            hold (path);
            ::_exit (1);
        }
        REQUIRE (comesTrue ([&] { return _ready != 0; }));
        REQUIRE (_ready == 1);
    }

    Reader (const Reader&) = delete;
    Reader& operator= (const Reader&) = delete;

    ~Reader ()
    {
        ::kill (_pid, SIGKILL);
        ::waitpid (_pid, nullptr, 0);
        ::munmap (&_ready, sizeof (_ready));
    }

private:
    void hold (const std::string& path)
    {
        ::alarm (60);
        bool fine = becomeUser (readerUser) && ::open (path.c_str (), O_RDWR | O_CLOEXEC) == -1;
        for (const std::string& name : lockFiles ())
        {
            fine = fine && ::open (crash::pathOf (name).c_str (), O_RDONLY | O_CLOEXEC) == -1;
        }
        const int file = ::open (path.c_str (), O_RDONLY | O_CLOEXEC);
        // Locks the bytes that are free now, one by one; then all bytes, once their owners are gone.
        for (off_t i = 0; i < 1023; ++i)
        {
            struct flock lock = {};
            lock.l_type = F_RDLCK;
            lock.l_whence = SEEK_SET;
            lock.l_start = (off_t (1) << 62) + i;
            lock.l_len = 1;
            ::fcntl (file, F_OFD_SETLK, &lock);
        }
        _ready = fine && file != -1 ? 1 : 2;
        lockAll (file, F_OFD_SETLKW);
        ::pause ();
    }

    std::atomic<int>& _ready;
    pid_t _pid;
};

bool cannotRun ()
{
    if (::geteuid () != 0)
    {
        WARN ("becoming another user is not possible here: not tested");
    }
    return ::geteuid () != 0;
}

template <typename Queue>
bool pushInChild (const std::string& name)
{
    return crash::inChild ([&] {
               Queue own (64, name, permitting (readable));
               return own.tryPush (1) == 0 ? 0 : 1;
           })
           == 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("read locks block no slot", "[queue][readers]", SharedClaimKinds)
{
    if (cannotRun ())
    {
        return;
    }
    Made<TestType> made (64, permitting (readable));
    REQUIRE (made->tryPush (1) == 0);
    const Reader reader (made.name.path ());
    CHECK (made->tryPush (2) == 0);
    std::thread ([&] { CHECK (made->tryPush (3) == 0); }).join ();
    CHECK (pushInChild<typename TestType::template Queue<uint64_t>> (made.name.text));
    CHECK (crash::inChild ([&] { return made->tryPush (5) == 0 ? 0 : 1; }) == 0);
    CHECK (crash::inChild ([&] {
               return dropRights (Drop::Seccomp) && made->tryPush (6) == 0 ? 0 : 1;  // by the spare file descriptions
           })
           == 0);
    CHECK (made->pending () == 6);
}

TEMPLATE_LIST_TEST_CASE ("read locks hide no death", "[queue][readers]", SharedClaimKinds)
{
    if (cannotRun ())
    {
        return;
    }
    for (const bool before : {false, true})
    {
        Made<TestType> made (64, permitting (readable));
        const auto early = before ? std::make_unique<Reader> (made.name.path ()) : nullptr;
        REQUIRE (dieIn (made.queue));
        const auto late = before ? nullptr : std::make_unique<Reader> (made.name.path ());
        REQUIRE (made->tryPush (6) == 0);
        uint64_t got = 0;
        CHECK ((made->pop (got, hangLimit) == 0 && got == 6));
        CHECK (made->stats ().deaths == 1);
        CHECK (made->stats ().skipped == 1);
    }
}

TEST_CASE ("read locks hide no death of all producers", "[queue][readers]")
{
    if (cannotRun ())
    {
        return;
    }
    for (const bool before : {false, true})
    {
        join::QueueOptions options;
        options.ownerDead = true;
        Made<ShmMpmc> made (64, permitting (readable), options);
        const auto early = before ? std::make_unique<Reader> (made.name.path ()) : nullptr;
        const int status = crash::inChild ([&] {
            made->tryPush (1);
            ::raise (SIGKILL);
            return 0;
        });
        REQUIRE (WIFSIGNALED (status));
        const auto late = before ? nullptr : std::make_unique<Reader> (made.name.path ());
        uint64_t got = 0;
        CHECK (made->pop (got, hangLimit) == 0);
        CHECK (errorOf ([&] { return made->pop (got, hangLimit); }) == EOWNERDEAD);
    }
}

TEMPLATE_LIST_TEST_CASE ("producer locked beside a reader stays alive", "[queue][readers]", SharedClaimKinds)
{
    if (cannotRun ())
    {
        return;
    }
    Made<TestType> made (64, permitting (readable));
    auto reader = std::make_unique<Reader> (made.name.path ());
    const uint64_t element = 42;
    Victim producer (Victim::End::Stopped, &element, 0, sizeof (element),
                     [&] (const void* from) { return made->tryPush (*static_cast<const uint64_t*> (from)); });
    REQUIRE (producer.isStopped ());
    uint64_t got = 0;
    for (int i = 0; i < 2; ++i)
    {
        join::Producer listed[2];
        CHECK (made->producers (listed, 2) == 1);
        CHECK (listed[0].alive);
        join::Producer seen[2];
        CHECK (join::inspectProducers (made.name.text, seen, 2) == 1);
        CHECK (seen[0].alive);
        CHECK (made->pop (got, 20ms) == -1);
        CHECK (made->stats ().deaths == 0);
        reader.reset ();
    }
    CHECK (producer.goOn () == 0);
    CHECK ((made->tryPop (got) == 0 && got == 42));
}

TEST_CASE ("read locks block no role of exclusive Spsc", "[queue][readers]")
{
    if (cannotRun ())
    {
        return;
    }
    join::QueueOptions options;
    options.exclusive = true;
    Made<ShmSpsc> made (64, permitting (readable), options);
    const Reader reader (made.name.path ());
    uint64_t got = 0;
    CHECK (made->tryPush (1) == 0);
    CHECK (made->tryPop (got) == 0);
    CHECK (crash::inChild ([&] {
               ShmSpsc::Queue<uint64_t> other (64, made.name.text, permitting (readable), options);
               return errorOf ([&] { return other.tryPush (2); }) == EBUSY ? 0 : 1;
           })
           == 0);
}

TEMPLATE_LIST_TEST_CASE ("read locks stop no garbage collection", "[queue][readers]", SharedKinds)
{
    if (cannotRun ())
    {
        return;
    }
    const OwnName name;
    // A writer, and its child, which has only the mapping. This process opens nothing, because the reader is its child
    // and would inherit it.
    crash::Gate opened;
    auto& child = *static_cast<std::atomic<pid_t>*> (crash::sharedPages (sizeof (std::atomic<pid_t>)));
    const pid_t writer = crash::start ([&] {
        auto queue = openQueue<TestType> (64, name.text, permitting (readable));
        const bool pushed = queue.tryPush (1) == 0;
        ::closefrom (3);
        const pid_t own = ::fork ();
        if (own == 0)
        {
            ::alarm (60);
            ::pause ();
        }
        child = own;
        opened.open ();
        ::pause ();
        return pushed ? 0 : 1;
    });
    opened.wait ();
    const Reader reader (name.path ());
    CHECK (join::inspect (name.text).inUse.value_or (false));
    CHECK (errorOf ([&] { return join::removeUnused (name.text); }) == EBUSY);
    ::kill (writer, SIGKILL);
    crash::await (writer);
    CHECK (errorOf ([&] { return join::removeUnused (name.text); }) == EBUSY);
    ::kill (child, SIGKILL);
    join::SegmentInfo info;
    CHECK (comesTrue ([&] {
        info = join::inspect (name.text);
        return !info.inUse.value_or (true);
    }));
    CHECK (info.users.value_or (9) == 0);
    CHECK (join::removeUnused (info) == 0);
    CHECK (crash::names ().empty ());
    ::munmap (&child, sizeof (child));
}

TEST_CASE ("queue made readable later reports blocking readers", "[queue][readers]")
{
    if (cannotRun ())
    {
        return;
    }
    Made<ShmMpmc> made (64);  // without a lock file, like queues of older libraries
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (::chmod (made.name.path ().c_str (), readable) == 0);
    const Reader reader (made.name.path ());
    CHECK (made->tryPush (2) == 0);
    CHECK (crash::inChild ([&] {
               const bool refused = errorOf ([&] { return made->tryPush (3); }) == EUSERS;
               return refused && join::lastError.message ().find ("read permission") != std::string::npos ? 0 : 1;
           })
           == 0);
    REQUIRE (made->stats ().deaths == 0);
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && made->tryPop (got) == 0 && got == 2));
}

TEST_CASE ("lock file exists only for read-only users", "[queue][readers]")
{
    struct Case
    {
        unsigned permissions;
        unsigned lockMode;  // 0: no lock file
    };
    for (const Case& c : {Case {0600, 0}, Case {0660, 0}, Case {0666, 0}, Case {0606, 0}, Case {0644, 0600},
                          Case {0640, 0600}, Case {0664, 0660}, Case {0646, 0606}, Case {0604, 0600}})
    {
        CAPTURE (c.permissions);
        {
            Made<ShmMpsc> made (8, permitting (c.permissions));
            REQUIRE (lockFiles ().size () == (c.lockMode != 0 ? 1 : 0));
            const join::SegmentInfo info = join::inspect (made.name.text);
            CHECK (info.compatible == (c.lockMode != 0 ? 1 : 0));
            struct stat lock = {};
            struct stat segment = {};
            REQUIRE (::stat (made.name.path ().c_str (), &segment) == 0);
            if (c.lockMode != 0)
            {
                REQUIRE (::stat (crash::pathOf (lockFiles ()[0]).c_str (), &lock) == 0);
                CHECK ((lock.st_mode & 07777) == c.lockMode);
                CHECK (lock.st_uid == segment.st_uid);
                CHECK (lock.st_gid == segment.st_gid);
                CHECK (lock.st_blocks == 0);
            }
            CHECK (join::segmentNames ().size () == 1);
        }
        CHECK (crash::names ().empty ());  // unlink () has removed both files
    }
}

TEST_CASE ("lost or foreign lock file is rejected", "[queue][readers]")
{
    Made<ShmMpmc> made (8, permitting (readable));
    REQUIRE (lockFiles ().size () == 1);
    const std::string path = crash::pathOf (lockFiles ()[0]);
    const auto open = [&] { openQueue<ShmMpmc> (8, made.name.text, permitting (readable)); };
    CHECK (thrownBy (open) == 0);
    REQUIRE (::unlink (path.c_str ()) == 0);
    CHECK (thrownBy (open) == EBADMSG);
    // Processes that have the queue open continue, including new threads and children.
    CHECK (made->tryPush (1) == 0);
    CHECK (crash::inChild ([&] { return made->tryPush (2) == 0 ? 0 : 1; }) == 0);
    if (!cannotRun ())
    {
        CHECK (crash::inChild ([&] {
                   return becomeUser (readerUser) && ::open (path.c_str (), O_CREAT | O_RDWR | O_CLOEXEC, 0666) != -1
                              ? 0
                              : 1;
               })
               == 0);
        CHECK (thrownBy (open) == EBADMSG);
        ::unlink (path.c_str ());
    }
    uint64_t got[2] = {};
    CHECK (made->tryPop (got, 2) == 2);
}

TEST_CASE ("abandoned lock file is removed with next queue", "[queue][readers]")
{
    const OwnName name;
    {
        Made<ShmMpmc> left (8, permitting (readable));
        REQUIRE (::unlink (left.name.path ().c_str ()) == 0);  // removes the segment by hand
        const OwnName other;
        openQueue<ShmMpmc> (8, other.text, permitting (readable));
        CHECK (lockFiles ().size () == 2);  // the queue is still in use
    }
    REQUIRE (lockFiles ().size () == 1);
    openQueue<ShmMpmc> (8, name.text, permitting (readable));
    const std::vector<std::string> files = lockFiles ();
    CHECK (files.size () == 1);
    const OwnName third;
    openQueue<ShmMpmc> (8, third.text, permitting (readable));
    CHECK (lockFiles ().size () == 2);  // the lock file of an unused queue is kept
    CHECK (openQueue<ShmMpmc> (8, name.text, permitting (readable)).tryPush (1) == 0);
}
