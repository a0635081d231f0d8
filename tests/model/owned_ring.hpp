// SPDX-License-Identifier: MIT
// Replaces src/queue/owned.hpp: a ring without memory of its own.
#ifndef JOIN_SRC_QUEUE_OWNED_HPP
#define JOIN_SRC_QUEUE_OWNED_HPP

#include "shadow.hpp"

#include "queue/slots.hpp"
#include "queue/wait_state.hpp"
#include "queue/watchers.hpp"

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing final
: public detail::Ring
, public WaitState
{
public:
    OwnedRing () noexcept = default;

    bool hasElement () const noexcept;
    bool hasRoom () const noexcept;
    void completeShutdown () noexcept;
    bool barrier () const noexcept;

    int timedOut (bool, int64_t) const noexcept
    {
        lastError.assign (ETIMEDOUT, "");
        return -1;
    }

    std::atomic<int64_t> calledAt {0};
    std::atomic<int64_t> lookedAt {0};
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
