// SPDX-License-Identifier: MIT
// The registry of all Slots objects of the process: it lets objects on one segment share a table, gives a thread's
// slots back when the thread ends, and brings the tables through fork(2).
#ifndef JOIN_SRC_QUEUE_REGISTRY_HPP
#define JOIN_SRC_QUEUE_REGISTRY_HPP

#include "queue/slots.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
struct SlotLink;

/// A mark that the calling thread may hold a mutex of the slots. A signal handler that interrupts the thread finds
/// isNested (), and must not wait for such a mutex: the thread gives it back only after the handler has returned.
class AtSlots
{
public:
    AtSlots () noexcept;
    AtSlots (const AtSlots&) = delete;
    AtSlots& operator= (const AtSlots&) = delete;
    ~AtSlots ();

    bool isNested () const noexcept
    {
        return _nested;
    }

private:
    bool _nested;
};

class SlotRegistry
{
public:
    /// Registers an object and gives it its table: the table of another object on the same segment, if both share
    /// tables; otherwise the one that it has prepared.
    static void add (Slots* slots) noexcept;

    /// Removes an object. @return whether no other object has its table
    static bool remove (Slots* slots) noexcept;

    /// Arranges that the calling thread's slots are given back when it ends, also those that it takes while it ends.
    static void leaveAtExit (const void* thread) noexcept;

    /// Records that the calling thread has taken the entry of that table whose link this is, so that its end visits
    /// only tables in which it has entries. The caller holds the table's mutex.
    static void remember (Slots* slots, SlotLink* link) noexcept;

    /// Give back the calling thread's slots: leave () at its end, leaveLate () those that it took while it ended, which
    /// are in no list.
    static void leave (const void* thread) noexcept;
    static void leaveLate (const void* thread) noexcept;

    /// Held while a slot lock is taken. fork(2) waits for it: otherwise a child would inherit the lock's description,
    /// and keep the lock as long as it lives.
    static std::mutex& lockingMutex () noexcept;

    /// In a forked child: replaces what the object has inherited from the parent. @return the next object of the list
    static Slots* renew (Slots* slots) noexcept;

    /// Protects what several tables share. Taken after all other mutexes; fork(2) waits for it.
    static std::mutex& linkingMutex () noexcept;

    /// Registers the handlers for fork(2), once. @return 0, or an errno
    static int forkError () noexcept;

private:
    static Slots* popFirst () noexcept;
    static void unlinkAll (SlotTable& table) noexcept;
    static bool together (const Slots& a, const Slots& b) noexcept;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
