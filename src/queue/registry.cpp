// SPDX-License-Identifier: MIT
#include "queue/registry.hpp"

#include "os/barrier.hpp"
#include "queue/table.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
std::mutex mutex;
std::mutex leasing;  // behind `mutex` and a table's
Lanes* first = nullptr;

void lock ()
{
    mutex.lock ();
    leasing.lock ();
}

void unlock ()
{
    leasing.unlock ();
    mutex.unlock ();
}

const int atFork = LaneRegistry::forkError ();  // when the library is loaded

// Both are the thread's own, and read by its signal handlers, which must not call __tls_get_addr ().
__attribute__ ((tls_model ("initial-exec"))) __thread volatile int atLanes = 0;
__attribute__ ((tls_model ("initial-exec"))) __thread bool hasLeft = false;  // its thread-locals are destroyed

struct Leaver
{
    const void* thread = nullptr;

    ~Leaver ()
    {
        hasLeft = true;
        if (thread != nullptr)
        {
            LaneRegistry::leave (thread);
        }
    }
};

thread_local Leaver leaver;

// For who pushes behind that, in a destructor of a thread-local, or of a key of its own.
struct LateLeaver
{
    unsigned key = 0;
    const int error = os::makeKey (leave, &key);

    static void leave (void* thread)
    {
        LaneRegistry::leave (thread);
    }
};

// For the thread that calls exit (3), whose keys nobody looks at: behind what the program does there, as the library was
// loaded before it.
struct Ender
{
    ~Ender ()
    {
        if (hasLeft)
        {
            LaneRegistry::leave (&lastError);
        }
    }
};

const Ender ender;
}  // namespace

AtLanes::AtLanes () noexcept
: _nested (atLanes != 0)
{
    atLanes = 1;
}

AtLanes::~AtLanes ()
{
    atLanes = _nested ? 1 : 0;
}

// Of as many lanes too, or a segment whose header has changed would lead one object to the other's lanes.
bool LaneRegistry::together (const Lanes& a, const Lanes& b) noexcept
{
    return a._together && b._together && a._device == b._device && a._inode == b._inode && a._count == b._count;
}

Failure LaneRegistry::add (Lanes* lanes) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    for (const Lanes* other = first; other != nullptr && lanes->_table == nullptr; other = other->_next)
    {
        lanes->_table = together (*lanes, *other) ? other->_table : nullptr;
    }
    if (lanes->_table == nullptr)
    {
        if (Failure failure = LaneTable::make (&lanes->_table))
        {
            return failure;
        }
    }
    lanes->_next = first;
    if (first != nullptr)
    {
        first->_previous = lanes;
    }
    first = lanes;
    return Failure ();
}

bool LaneRegistry::remove (Lanes* lanes) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    (lanes->_previous != nullptr ? lanes->_previous->_next : first) = lanes->_next;
    if (lanes->_next != nullptr)
    {
        lanes->_next->_previous = lanes->_previous;
    }
    for (const Lanes* other = first; other != nullptr; other = other->_next)
    {
        if (other->_table == lanes->_table)
        {
            return false;
        }
    }
    return true;
}

void LaneRegistry::leaveAtExit (const void* thread) noexcept
{
    if (!hasLeft)
    {
        leaver.thread = thread;
        return;
    }
    static const LateLeaver late;
    if (late.error == 0)
    {
        os::keepBy (late.key, thread);
    }
}

void LaneRegistry::leave (const void* thread) noexcept
{
    const AtLanes here;
    std::lock_guard<std::mutex> guard (mutex);
    for (Lanes* lanes = first; lanes != nullptr; lanes = lanes->_next)
    {
        lanes->leave (thread);
    }
}

std::mutex& LaneRegistry::leasingMutex () noexcept
{
    return leasing;
}

int LaneRegistry::forkError () noexcept
{
    // Nobody changes the list while the process forks.
    static const int error = os::aroundFork (lock, unlock, unlock);
    return error;
}

int Lanes::prepareFork () noexcept
{
    return LaneRegistry::forkError ();
}

}  // namespace JOIN_ABI
}  // namespace join
