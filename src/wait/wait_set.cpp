// SPDX-License-Identifier: MIT
// The public members of WaitSet.
#include "base/failure.hpp"
#include "base/sized_struct.hpp"
#include "os/barrier.hpp"
#include "wait/state.hpp"

#include <cerrno>
#include <cstddef>
#include <memory>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Deadline;
using detail::Ring;

namespace
{
int failEmptySet () noexcept
{
    return setError (EBADF, "the object has no wait set: it was moved from, or make () failed");
}

Failure readOptions (const WaitSetOptions& given, WaitSetOptions* options) noexcept
{
    constexpr std::size_t ends[] = {sizeof (WaitSetOptions)};
    const uint32_t size = given.structSize;
    if (!isStructSize (size, sizeof (WaitSetOptions), ends))
    {
        return Failure (EINVAL,
                        "the options' structSize is %u, which is the size of no WaitSetOptions: leave it as the "
                        "constructor sets it",
                        size);
    }
    if (const uint32_t byte = unknownField (&given, size, sizeof (WaitSetOptions)))
    {
        return Failure (EINVAL, "the options have a field at byte %u that this library does not know: use a newer one",
                        byte);
    }
    readSized (&given, size, options);
    return Failure ();
}

WaitSetState* makeState (const WaitSetOptions& given)
{
    WaitSetOptions options;
    if (Failure failure = readOptions (given, &options))
    {
        raise (failure);
    }
    return new WaitSetState (options);
}
}  // namespace

WaitSet::WaitSet (const WaitSetOptions& options)
: _state (makeState (options))
{
}

WaitSet WaitSet::make (const WaitSetOptions& options) noexcept
{
    try
    {
        return WaitSet (makeState (options));
    }
    catch (...)
    {
        failCaught ();
        return WaitSet (nullptr);
    }
}

WaitSet::WaitSet (WaitSet&& other) noexcept
: _state (other._state)
{
    other._state = nullptr;
}

WaitSet& WaitSet::operator= (WaitSet&& other) noexcept
{
    if (this != &other)
    {
        const std::unique_ptr<WaitSetState> old (_state);
        _state = other._state;
        other._state = nullptr;
    }
    return *this;
}

WaitSet::~WaitSet ()
{
    const os::NoCancel noCancel;
    delete _state;
}

uint64_t WaitSet::size () const noexcept
{
    return _state == nullptr ? 0 : _state->size ();
}

int WaitSet::addRing (Ring& ring, Ready ready, uint64_t key, uint64_t amount) noexcept
{
    return _state == nullptr ? failEmptySet () : _state->add (own (ring), ready, key, amount);
}

int WaitSet::modifyRing (Ring& ring, Ready ready, uint64_t key, uint64_t amount) noexcept
{
    return _state == nullptr ? failEmptySet () : _state->modify (own (ring), ready, key, amount);
}

int WaitSet::removeRing (Ring& ring) noexcept
{
    return _state == nullptr ? failEmptySet () : _state->remove (own (ring));
}

int64_t WaitSet::waitUntil (WaitEvent* events, uint64_t n, Deadline deadline) noexcept
{
    return _state == nullptr ? failEmptySet () : _state->wait (events, n, deadline);
}

int WaitSet::fd () noexcept
{
    return _state == nullptr ? failEmptySet () : _state->fd ();
}

int WaitSet::wake () noexcept
{
    return _state == nullptr ? failEmptySet () : _state->wake ();
}

}  // namespace JOIN_ABI
}  // namespace join
