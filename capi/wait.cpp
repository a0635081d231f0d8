// SPDX-License-Identifier: MIT
// The C ABI's functions of wait sets. Cancellation is disabled in all of them: they write to a descriptor, and join
// threads, which are cancellation points.
#include "joinmem.h"

#include "base/failure.hpp"
#include "options.hpp"
#include "os/barrier.hpp"
#include "queue_object.hpp"
#include "timeout.hpp"
#include "wait/state.hpp"

#include <cerrno>
#include <cstddef>
#include <memory>

using namespace join;
using capi::QueueObject;

namespace
{
class WaitSetObject final : public capi::Object
{
public:
    static constexpr const char* what = "a wait set";

    static bool is (Sort sort) noexcept
    {
        return sort == Sort::WaitSet;
    }

    explicit WaitSetObject (const WaitSetOptions& options)
    : Object (Sort::WaitSet)
    , state (options)
    {
    }

    /// In a forked child no call waits, and the descriptor is shared with the parent: the child does not signal it.
    void interrupt () noexcept override
    {
        if (!isForked ())
        {
            state.interrupt ();
        }
    }

    /// Whether a forked child has inherited the set, perhaps with its mutex locked.
    bool isForked () const noexcept
    {
        return _forks != os::forks ();
    }

    WaitSetState state;

private:
    const uint32_t _forks = os::forks ();
};

static_assert (sizeof (jm_wait_event) == sizeof (WaitEvent) && sizeof (WaitEvent) == 16
                   && offsetof (jm_wait_event, key) == offsetof (WaitEvent, key)
                   && offsetof (jm_wait_event, ready) == offsetof (WaitEvent, ready)
                   && offsetof (jm_wait_event, reserved) == offsetof (WaitEvent, reserved),
               "jm_wait () hands the caller's array to WaitSetState::wait ()");
static_assert (JM_READY_ELEMENT == static_cast<int> (Ready::Element) && JM_READY_ROOM == static_cast<int> (Ready::Room)
                   && JM_READY_END == static_cast<int> (Ready::End)
                   && JM_READY_PRODUCERS_DEAD == static_cast<int> (Ready::ProducersDead)
                   && JM_READY_DAMAGED == static_cast<int> (Ready::Damaged),
               "the bits are the same in C and C++");

jm_handle create (const WaitSetOptions& options)
{
    capi::Reservation slot;
    return slot.open (new WaitSetObject (options));
}

// Runs the body on the set of the handle.
template <typename Result, typename Body>
Result onSet (jm_handle set, Result failure, Body&& body) noexcept
{
    const os::NoCancel noCancel;
    return capi::onObject<WaitSetObject> (set, failure, [&] (WaitSetObject& s) -> Result {
        if (s.isForked ())
        {
            return Result (setError (EBADF, "the wait set is the parent's: a forked child makes one of its own"));
        }
        return body (s.state);
    });
}

// Runs the body on the set and the queue of two handles. Neither is destroyed meanwhile.
template <typename Body>
int onSetAndQueue (jm_handle set, jm_handle queue, Body&& body) noexcept
{
    return onSet (set, -1, [&] (WaitSetState& state) {
        return capi::onObject<QueueObject> (queue, -1, [&] (QueueObject& q) { return body (state, own (*q.ring)); });
    });
}
}  // namespace

JOIN_EXPORT jm_handle jm_wait_create (void) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [] { return create (WaitSetOptions ()); });
}

JOIN_EXPORT jm_handle jm_wait_create_with (const jm_wait_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] { return create (capi::waitOptionsOf (options)); });
}

JOIN_EXPORT int jm_wait_add (jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount) noexcept
{
    return onSetAndQueue (set, queue, [=] (WaitSetState& state, OwnedRing& ring) {
        return state.add (ring, static_cast<Ready> (ready), key, amount);
    });
}

JOIN_EXPORT int jm_wait_modify (jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount) noexcept
{
    return onSetAndQueue (set, queue, [=] (WaitSetState& state, OwnedRing& ring) {
        return state.modify (ring, static_cast<Ready> (ready), key, amount);
    });
}

JOIN_EXPORT int jm_wait_remove (jm_handle set, jm_handle queue) noexcept
{
    return onSetAndQueue (set, queue, [] (WaitSetState& state, OwnedRing& ring) { return state.remove (ring); });
}

JOIN_EXPORT int64_t jm_wait_size (jm_handle set) noexcept
{
    return onSet (set, int64_t (-1), [] (WaitSetState& state) { return static_cast<int64_t> (state.size ()); });
}

JOIN_EXPORT int64_t jm_wait (jm_handle set, jm_wait_event* events, uint64_t count, int64_t timeout_ns) noexcept
{
    return onSet (set, int64_t (-1), [=] (WaitSetState& state) {
        return capi::isTimeout (timeout_ns)
                   ? state.wait (reinterpret_cast<WaitEvent*> (events), count, capi::deadlineOf (timeout_ns))
                   : -1;
    });
}

JOIN_EXPORT int jm_wait_fd (jm_handle set) noexcept
{
    return onSet (set, -1, [] (WaitSetState& state) { return state.fd (); });
}

JOIN_EXPORT int jm_wait_wake (jm_handle set) noexcept
{
    return onSet (set, -1, [] (WaitSetState& state) { return state.wake (); });
}
