// SPDX-License-Identifier: MIT
// What a call says that cannot do what it was asked for.
#include "queue/owned.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

int Ring::refusePush () noexcept
{
    return say (EPIPE, "the queue is shut down: nothing more is to be pushed");
}

int Ring::refuseZero () noexcept
{
    return say (EINVAL, "the elements are null, or 0 of them: give an address, and 1 or more");
}

int Ring::refuseCount () noexcept
{
    return say (EINVAL, "more than was reserved or peeked at, or 0: give 1 up to what the last call returned");
}

int Ring::damaged () noexcept
{
    return say (EBADMSG, "the segment is damaged: its head and its tail are further apart than its capacity");
}

int Ring::nested () noexcept
{
    return say (EDEADLK,
                "a push of this thread to this queue is not over: it was left by a longjmp, or a signal handler "
                "interrupted it");
}

}  // namespace JOIN_ABI
}  // namespace join
