// SPDX-License-Identifier: MIT
// A Ring as the library has it: with its memory, and what only slow paths need.
#ifndef JOIN_SRC_QUEUE_OWNED_HPP
#define JOIN_SRC_QUEUE_OWNED_HPP

#include "queue/format.hpp"
#include "queue/lanes.hpp"
#include "state.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// The memory of a queue, of either kind.
class QueueMemory : public Memory
{
public:
    QueueMemory () noexcept = default;

    /// @throw std::bad_alloc; std::overflow_error; std::system_error the options are none
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

class OwnedRing final : public detail::Ring
{
public:
    OwnedRing () noexcept = default;

    /// The lanes, and the descriptor by which they are taken and looked at.
    Failure startLanes (const QueueOptions& options) noexcept;

    /// The fields that programs read, of the queue that lies at the memory's base.
    void start () noexcept;

    /// Whether there is an element, or room, or nothing to wait for any more.
    bool hasElement () const noexcept;
    bool hasRoom () const noexcept;

    /// Every pusher, or popper, executes a full barrier, or has executed one, before this returns. false: none is to be had.
    bool barrier () const noexcept;

    QueueMemory memory;
    QueueFormat format = {};
    bool shared = false;
    std::atomic<bool> cancelled {false};
    bool ownerDead = false;             // pops that wait tell when nobody is left who pushes
    std::atomic<int64_t> calledAt {0};  // looked (), by poppers that poll: nanoseconds
    std::atomic<int64_t> lookedAt {0};  // the same, where it did look
    Lanes lanes;
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
