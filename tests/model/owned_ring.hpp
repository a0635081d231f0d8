// SPDX-License-Identifier: MIT
// In the place of src/queue/owned.hpp: a ring without memory of its own.
#ifndef JOIN_SRC_QUEUE_OWNED_HPP
#define JOIN_SRC_QUEUE_OWNED_HPP

#include "shadow.hpp"

#include "queue/lanes.hpp"

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing final : public detail::Ring
{
public:
    OwnedRing () noexcept = default;

    bool hasElement () const noexcept;
    bool hasRoom () const noexcept;
    bool barrier () const noexcept;

    bool shared = false;
    std::atomic<bool> cancelled {false};
    bool ownerDead = false;
    std::atomic<int64_t> calledAt {0};
    std::atomic<int64_t> lookedAt {0};
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
