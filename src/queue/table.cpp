// SPDX-License-Identifier: MIT
// The table of threads and their slots: its pages, and its entries.
#include "queue/table.hpp"

#include "memory/mapping.hpp"
#include "os/pages.hpp"
#include "queue/registry.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::SlotEntry;

namespace
{
// The address in an entry whose thread has ended: searches go on past it.
const char vacated = 0;

// Seven eighths of the entries are used, so that searches stay short, and end.
constexpr uint32_t maxThreads (uint32_t entryCount) noexcept
{
    return entryCount / 8 * 7;
}

// The header of a MoreEntries, on the page before it.
struct MoreHeader
{
    const SlotTable* owner;
    MoreHeader* next;
};

MoreHeader* headers = nullptr;  // of all tables; under SlotRegistry::linkingMutex ()

Failure mapWiped (std::size_t before, std::size_t bytes, char** made) noexcept
{
    void* pages = nullptr;
    if (int error = os::mapAnonymous (before + bytes, 0, &pages))
    {
        return noAddresses (error, before + bytes);
    }
    *made = static_cast<char*> (pages) + before;
    if (int error = os::wipeOnFork (*made, bytes))
    {
        os::unmap (pages, before + bytes);
        return Failure (
            error,
            "a shared queue needs pages that a forked child finds empty (MADV_WIPEONFORK, Linux 4.14): a seccomp "
            "filter that refuses madvise has to allow it");
    }
    return Failure ();
}
}  // namespace

SlotEntry* EntryRange::find (const void* thread) const noexcept
{
    const uint32_t first = detail::firstEntry ();
    for (uint32_t i = 0; i <= _mask; ++i)
    {
        SlotEntry& entry = _entries[(first + i) & _mask];
        const void* owner = entry.thread.load (std::memory_order_relaxed);  // [entry] the thread itself has stored it
        if (owner == thread || owner == nullptr)
        {
            return owner != nullptr ? &entry : nullptr;
        }
    }
    return nullptr;
}

SlotEntry* EntryRange::findFree () const noexcept
{
    for (uint32_t i = detail::firstEntry ();; ++i)
    {
        SlotEntry& entry = _entries[i & _mask];
        if (!SlotTable::isTaken (entry))
        {
            return &entry;
        }
    }
}

// An entry whose successor is free becomes free, and so do vacated
// ones directly before it: no search need go on past them.
void EntryRange::vacate (SlotEntry* entry) const noexcept
{
    uint32_t i = static_cast<uint32_t> (entry - _entries);
    entry->thread.store (&vacated, std::memory_order_relaxed);                         // [entry] the calling thread's
    if (_entries[(i + 1) & _mask].thread.load (std::memory_order_relaxed) != nullptr)  // [entry]
    {
        return;
    }
    for (; _entries[i & _mask].thread.load (std::memory_order_relaxed) == &vacated; --i)  // [entry]
    {
        _entries[i & _mask].thread.store (nullptr, std::memory_order_relaxed);  // [entry] of no thread
    }
}

bool SlotTable::isTaken (const SlotEntry& entry) noexcept
{
    const void* thread = entry.thread.load (std::memory_order_relaxed);  // [entry] changed under the mutex only
    return thread != nullptr && thread != &vacated;
}

Failure SlotTable::make (SlotTable** made) noexcept
{
    char* pages = nullptr;
    Failure failure = mapWiped (0, roundUp (sizeof (SlotTable), os::basePageSize ()), &pages);
    *made = reinterpret_cast<SlotTable*> (pages);
    return failure;
}

void SlotTable::free (SlotTable* table) noexcept
{
    MoreEntries::free (table);
    os::unmap (table, roundUp (sizeof (SlotTable), os::basePageSize ()));
}

Failure SlotTable::addEntry (SlotEntry** entry, SlotLink** link) noexcept
{
    if (threads < maxThreads (entryCount))
    {
        ++threads;
        *entry = range ().findFree ();
        *link = range ().linkOf (*entry);
        return Failure ();
    }
    std::atomic<MoreEntries*>* at = &more;
    while (at->load () != nullptr && at->load ()->threads >= maxThreads (MoreEntries::entryCount))
    {
        at = &at->load ()->next;
    }
    MoreEntries* block = at->load ();
    if (block == nullptr)
    {
        if (Failure failure = MoreEntries::make (this, &block))
        {
            return failure;
        }
        at->store (block);
    }
    ++block->threads;
    *entry = block->range ().findFree ();
    *link = block->range ().linkOf (*entry);
    return Failure ();
}

void SlotTable::removeEntry (SlotEntry* entry) noexcept
{
    uint32_t* count = &threads;
    EntryRange where = range ();
    for (MoreEntries* each = more.load (); !where.has (entry); each = each->next.load ())
    {
        where = each->range ();
        count = &each->threads;
    }
    where.vacate (entry);
    --*count;
}

Failure MoreEntries::make (const SlotTable* owner, MoreEntries** made) noexcept
{
    const std::size_t page = os::basePageSize ();
    char* pages = nullptr;
    if (Failure failure = mapWiped (page, roundUp (sizeof (MoreEntries), page), &pages))
    {
        return failure;
    }
    std::lock_guard<std::mutex> lock (SlotRegistry::linkingMutex ());
    MoreHeader* header = reinterpret_cast<MoreHeader*> (pages - page);
    *header = MoreHeader {owner, headers};
    headers = header;
    *made = reinterpret_cast<MoreEntries*> (pages);
    return Failure ();
}

void MoreEntries::free (const SlotTable* owner) noexcept
{
    const std::size_t page = os::basePageSize ();
    std::lock_guard<std::mutex> lock (SlotRegistry::linkingMutex ());
    for (MoreHeader** at = &headers; *at != nullptr;)
    {
        MoreHeader* each = *at;
        if (each->owner != owner)
        {
            at = &each->next;
            continue;
        }
        *at = each->next;
        os::unmap (each, page + roundUp (sizeof (MoreEntries), page));
    }
}

}  // namespace JOIN_ABI
}  // namespace join
