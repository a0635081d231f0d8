// SPDX-License-Identifier: MIT
// The table of a process's threads and their slots on a segment: a hash table, which a thread searches without a lock.
#ifndef JOIN_SRC_QUEUE_TABLE_HPP
#define JOIN_SRC_QUEUE_TABLE_HPP

#include "base/failure.hpp"
#include "queue/slots.hpp"

#include <join/detail/ring.hpp>

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
struct MoreEntries;

/// The link of an entry: a list of the tables in which a thread has an entry, so that its end visits only these.
struct SlotLink
{
    SlotTable* table;  // null: in no list
    SlotLink* next;
    SlotLink** at;  // the pointer to this link
};

/// A hash table of entries with open addressing. Changed under the
/// table's mutex; a thread finds its own entry without it.
class EntryRange
{
public:
    EntryRange (detail::SlotEntry* entries, SlotLink* links, uint32_t count) noexcept
    : _entries (entries)
    , _links (links)
    , _mask (count - 1)
    {
    }

    /// The calling thread's entry; null: it has none here.
    detail::SlotEntry* find (const void* thread) const noexcept;

    /// A free entry for the calling thread. There must be one.
    detail::SlotEntry* findFree () const noexcept;

    void vacate (detail::SlotEntry* entry) const noexcept;

    /// Whether the entry is here.
    bool has (const detail::SlotEntry* entry) const noexcept
    {
        return _entries <= entry && entry <= _entries + _mask;
    }

    SlotLink* linkOf (const detail::SlotEntry* entry) const noexcept
    {
        return _links + (entry - _entries);
    }

    detail::SlotEntry* begin () const noexcept
    {
        return _entries;
    }

    detail::SlotEntry* end () const noexcept
    {
        return _entries + _mask + 1;
    }

private:
    detail::SlotEntry* _entries;
    SlotLink* _links;
    uint32_t _mask;
};

// All zeros at first, and again in a forked child (MADV_WIPEONFORK), because the slots are its parent's. A mutex of
// zeros is unlocked.
struct SlotTable
{
    static constexpr uint32_t entryCount = 1024;

    static Failure make (SlotTable** made) noexcept;
    static void free (SlotTable* table) noexcept;

    /// Whether the entry is a thread's.
    static bool isTaken (const detail::SlotEntry& entry) noexcept;

    /// Makes an entry for the calling thread, which has none; removeEntry () removes it. The caller holds the mutex.
    Failure addEntry (detail::SlotEntry** entry, SlotLink** link) noexcept;
    void removeEntry (detail::SlotEntry* entry) noexcept;

    /// Calls `visit` with each range of entries until it returns true. @return whether it did
    template <typename Visit>
    bool anyRange (const Visit& visit) const noexcept;

    EntryRange range () const noexcept
    {
        SlotTable& self = const_cast<SlotTable&> (*this);
        return EntryRange (self.entries, self.links, entryCount);
    }

    detail::SlotEntry entries[entryCount];
    SlotLink links[entryCount];
    std::atomic<MoreEntries*> more;     // for threads for which `entries` has no room
    Slots* user;                        // one of the objects that have this table
    std::mutex mutex;                   // held for changes
    std::mutex sharing;                 // held by the thread that pushes by the shared slot
    std::mutex asking;                  // held during a pass of Reclaim; taken before `mutex`
    std::atomic<uint32_t> shared;       // the number of the shared slot; 0: none is
    std::atomic<uint32_t> releases;     // how often this process has given a slot back
    uint32_t held;                      // the number of slots that this process has
    uint32_t threads;                   // the number of `entries` in use
    SlotSet own;                        // the slots that this process has
    void* locks[detail::maxSlots + 1];  // the mappings that keep the slot locks, by slot number
    // Protected by `asking`: the state of each slot when its owner was found alive in the last pass.
    uint32_t alive[detail::maxSlots + 1];
    int64_t askedAt;       // nanoseconds: the end of the last pass that asked about all slots
    uint64_t aliveStates;  // the sum of all states when the last pass found none free and none dead
};

// A further range of entries, for threads for which the table has no room. A forked child finds it empty, like the
// table; only the header on the page before it (MoreHeader) stays, by which it is unmapped.
struct MoreEntries
{
    static constexpr uint32_t entryCount = 1 << 14;

    static Failure make (const SlotTable* owner, MoreEntries** made) noexcept;

    /// Unmaps the further ranges of a table.
    static void free (const SlotTable* owner) noexcept;

    EntryRange range () noexcept
    {
        return EntryRange (entries, links, entryCount);
    }

    detail::SlotEntry entries[entryCount];
    SlotLink links[entryCount];
    std::atomic<MoreEntries*> next;
    uint32_t threads;
};

template <typename Visit>
bool SlotTable::anyRange (const Visit& visit) const noexcept
{
    if (visit (range ()))
    {
        return true;
    }
    for (MoreEntries* each = more.load (); each != nullptr; each = each->next.load ())
    {
        if (visit (each->range ()))
        {
            return true;
        }
    }
    return false;
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
