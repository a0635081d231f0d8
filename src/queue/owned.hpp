// SPDX-License-Identifier: MIT
// The library's own part of a Ring: its memory, its slots, and state that only slow paths need.
#ifndef JOIN_SRC_QUEUE_OWNED_HPP
#define JOIN_SRC_QUEUE_OWNED_HPP

#include "queue/format.hpp"
#include "queue/slots.hpp"
#include "queue/wait_state.hpp"
#include "queue/watchers.hpp"
#include "memory/state.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// The memory of a queue, private or shared.
class QueueMemory : public Memory
{
public:
    QueueMemory () noexcept = default;

    /// @throw std::bad_alloc; std::overflow_error; std::system_error the options are invalid
    Failure make (uint64_t size, const MemOptions& options);
    Failure open (uint64_t size, std::string_view name, const MemOptions& options, Content* content);

    char* base () const noexcept
    {
        return static_cast<char*> (_base);
    }

    const Mapping& mapping () const noexcept
    {
        return *_state;
    }
};

class OwnedRing final
: public detail::Ring
, public WaitState
{
public:
    OwnedRing () noexcept = default;

    /// Allocates what startSlots () needs, for a queue of that kind, before its segment is made.
    Failure prepareSlots (detail::Kind kind, const QueueOptions& options) noexcept;

    /// Sets up the slots, and the descriptors by which slot locks are
    /// taken and read. Does not fail after prepareSlots ().
    Failure startSlots (const QueueOptions& options) noexcept;

    /// Sets the fields that programs read, for the queue at the memory's base.
    void start () noexcept;

    /// Whether there is an element, or room; true also where a wait would be in vain, because the queue is shut.
    bool hasElement () const noexcept;
    bool hasRoom () const noexcept;

    /// Closes head where the gate is shut: the process that shut it may have died in between. Producers of a Mpsc or
    /// Mpmc read head alone, all other threads read the gate. Nothing to do for a Spsc.
    void completeShutdown () noexcept;

    /// A membarrier(2): each producer and each consumer has executed a full barrier when this returns.
    /// @return false: it is not available
    bool barrier () const noexcept;

    /// Fails with ETIMEDOUT.
    /// @param slept nanoseconds, for the message; 0: the call did not sleep, and is to be as cheap as tryPop ()
    int timedOut (bool full, int64_t slept) const noexcept;

    QueueMemory memory;
    QueueFormat format = {};
    std::atomic<int64_t> calledAt {0};  // nanoseconds: the last call of looked (), by a consumer that polls
    std::atomic<int64_t> lookedAt {0};  // nanoseconds: the last such call that checked for dead producers
    Slots slots;
    Watchers watchers;
};

inline OwnedRing& own (detail::Ring& ring) noexcept
{
    return static_cast<OwnedRing&> (ring);
}

inline const OwnedRing& own (const detail::Ring& ring) noexcept
{
    return static_cast<const OwnedRing&> (ring);
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
