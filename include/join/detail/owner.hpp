// SPDX-License-Identifier: MIT
// The owner of a ring, a member of each queue object.
#ifndef JOIN_DETAIL_OWNER_HPP
#define JOIN_DETAIL_OWNER_HPP

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// Owns a ring and closes it, like a std::unique_ptr that is never null. The ring keeps its address when the owner is
/// moved. An owner that was moved from has the ring of no queue (a null object), which fails every call with EBADF, so
/// that no call checks for a missing ring.
class RingOwner
{
public:
    explicit RingOwner (Ring* ring) noexcept
    : _ring (ring)
    {
    }

    RingOwner (RingOwner&& other) noexcept
    : _ring (other.give ())
    {
    }

    RingOwner& operator= (RingOwner&& other) noexcept
    {
        if (this != &other)
        {
            _ring->close ();
            _ring = other.give ();
        }
        return *this;
    }

    ~RingOwner ()
    {
        _ring->close ();
    }

    Ring& operator* () const noexcept
    {
        return *_ring;
    }

    Ring* operator->() const noexcept
    {
        return _ring;
    }

private:
    Ring* give () noexcept
    {
        Ring* const ring = _ring;
        _ring = Ring::none ();
        return ring;
    }

    Ring* _ring;
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
