// SPDX-License-Identifier: MIT
// The registry of slots: the list of objects, the ends of threads, and fork(2).
#include "queue/registry.hpp"

#include "os/barrier.hpp"
#include "queue/table.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
std::mutex mutex;
std::mutex locking;  // taken after `mutex` and a table's
std::mutex linking;  // taken after all others
Slots* first = nullptr;

int atForkError = 0;
std::atomic<int> lateKeyError {0};
unsigned lateKey = 0;

// Thread-local, and read by signal handlers, which must not call __tls_get_addr ().
__attribute__ ((tls_model ("initial-exec"))) __thread volatile int atSlots = 0;
__attribute__ ((tls_model ("initial-exec"))) __thread bool hasLeft = false;  // its thread-locals were destroyed
__attribute__ ((tls_model ("initial-exec"))) __thread bool isLate = false;   // and it has taken a slot since
__attribute__ ((tls_model ("initial-exec"))) __thread SlotLink* firstLink = nullptr;  // of its tables

void lock ()
{
    mutex.lock ();
    locking.lock ();
    linking.lock ();
}

void unlock ()
{
    linking.unlock ();
    locking.unlock ();
    mutex.unlock ();
}

// In a forked child the tables are empty, and the spare descriptions are the parent's.
void unlockChild ()
{
    firstLink = nullptr;
    for (Slots* slots = first; slots != nullptr; slots = SlotRegistry::renew (slots))
    {
    }
    unlock ();
}

struct Leaver
{
    const void* thread = nullptr;

    ~Leaver ()
    {
        hasLeft = true;
        if (thread != nullptr)
        {
            SlotRegistry::leave (thread);
        }
    }
};

thread_local Leaver leaver;

// For a thread that pushes after Leaver's destructor: in the
// destructor of another thread-local, or of a key of its own.
void leaveLate (void* thread)
{
    SlotRegistry::leaveLate (thread);
}

// Runs when the library is loaded, before the program's static constructors. The handlers hold the mutexes during a
// fork: no thread changes the list then.
__attribute__ ((constructor (101))) void startRegistry () noexcept
{
    atForkError = os::aroundFork (lock, unlock, unlockChild);
    lateKeyError.store (os::makeKey (leaveLate, &lateKey));
}

// A plug-in that contains the library may be unloaded, and leaveLate () with it.
__attribute__ ((destructor (101))) void stopRegistry () noexcept
{
    if (lateKeyError.load () == 0)
    {
        lateKeyError.store (ENOENT);
        os::dropKey (lateKey);
    }
}

// For the thread that calls exit(3), for which the destructors of keys are not run. It runs after the program's own
// destructors, because the library was loaded before the program.
struct Ender
{
    ~Ender ()
    {
        if (isLate)
        {
            SlotRegistry::leaveLate (&lastError);
        }
    }
};

const Ender ender;
}  // namespace

AtSlots::AtSlots () noexcept
: _nested (atSlots != 0)
{
    atSlots = 1;
}

AtSlots::~AtSlots ()
{
    atSlots = _nested ? 1 : 0;
}

// The number of slots must match as well: otherwise a segment whose header was changed would make one object use slots
// that the other does not have.
bool SlotRegistry::together (const Slots& a, const Slots& b) noexcept
{
    return a._together && b._together && a._file.isSame (b._file) && a._count == b._count;
}

void SlotRegistry::add (Slots* slots) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    for (const Slots* other = first; other != nullptr && slots->_table == nullptr; other = other->_next)
    {
        slots->_table = together (*slots, *other) ? other->_table : nullptr;
    }
    if (slots->_table == nullptr)
    {
        slots->_table = slots->_spare;
        slots->_spare = nullptr;
    }
    slots->_next = first;
    if (first != nullptr)
    {
        first->_previous = slots;
    }
    first = slots;
}

bool SlotRegistry::remove (Slots* slots) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    (slots->_previous != nullptr ? slots->_previous->_next : first) = slots->_next;
    if (slots->_next != nullptr)
    {
        slots->_next->_previous = slots->_previous;
    }
    for (Slots* other = first; other != nullptr; other = other->_next)
    {
        if (other->_table == slots->_table)
        {
            std::lock_guard<std::mutex> linked (linking);
            slots->_table->user = slots->_table->user == slots ? other : slots->_table->user;
            return false;
        }
    }
    unlinkAll (*slots->_table);
    return true;
}

void SlotRegistry::leaveAtExit (const void* thread) noexcept
{
    if (!hasLeft)
    {
        leaver.thread = thread;
        return;
    }
    isLate = true;
    if (lateKeyError.load () == 0)
    {
        os::keepBy (lateKey, thread);
    }
}

// A thread whose Leaver was destroyed gets no list: the head of the list could be freed before the list is emptied.
void SlotRegistry::remember (Slots* slots, SlotLink* link) noexcept
{
    std::lock_guard<std::mutex> guard (linking);
    slots->_table->user = slots;
    if (hasLeft)
    {
        return;
    }
    *link = SlotLink {slots->_table, firstLink, &firstLink};
    if (firstLink != nullptr)
    {
        firstLink->at = &link->next;
    }
    firstLink = link;
}

// Removes the first table from the calling thread's list. @return an
// object that has this table; null: the list is empty
Slots* SlotRegistry::popFirst () noexcept
{
    std::lock_guard<std::mutex> guard (linking);
    SlotLink* link = firstLink;
    if (link == nullptr || link->table == nullptr)
    {
        firstLink = nullptr;  // the link is in a table that was wiped
        return nullptr;
    }
    firstLink = link->next;
    if (firstLink != nullptr)
    {
        firstLink->at = &firstLink;
    }
    Slots* slots = link->table->user;
    *link = SlotLink ();
    return slots;
}

void SlotRegistry::unlinkAll (SlotTable& table) noexcept
{
    if (table.threads == 0 && table.more.load () == nullptr)
    {
        return;
    }
    std::lock_guard<std::mutex> guard (linking);
    table.anyRange ([] (const EntryRange& range) {
        for (detail::SlotEntry& entry : range)
        {
            SlotLink& link = *range.linkOf (&entry);
            if (link.table == nullptr)
            {
                continue;
            }
            *link.at = link.next;
            if (link.next != nullptr)
            {
                link.next->at = link.at;
            }
            link = SlotLink ();
        }
        return false;
    });
}

void SlotRegistry::leave (const void* thread) noexcept
{
    const AtSlots here;
    std::lock_guard<std::mutex> guard (mutex);
    while (Slots* slots = popFirst ())
    {
        slots->leave (thread);
    }
}

void SlotRegistry::leaveLate (const void* thread) noexcept
{
    const AtSlots here;
    std::lock_guard<std::mutex> guard (mutex);
    for (Slots* slots = first; slots != nullptr; slots = slots->_next)
    {
        slots->leave (thread);
    }
}

Slots* SlotRegistry::renew (Slots* slots) noexcept
{
    slots->renewSpares ();
    slots->forgetProgress ();
    return slots->_next;
}

std::mutex& SlotRegistry::linkingMutex () noexcept
{
    return linking;
}

std::mutex& SlotRegistry::lockingMutex () noexcept
{
    return locking;
}

int SlotRegistry::forkError () noexcept
{
    return atForkError;
}

int Slots::prepareFork () noexcept
{
    return SlotRegistry::forkError ();
}

}  // namespace JOIN_ABI
}  // namespace join
