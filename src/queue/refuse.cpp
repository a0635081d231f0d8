// SPDX-License-Identifier: MIT
// What a call says that cannot do what it was asked for.
#include "queue/owned.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

namespace
{
int refuse (int error, const char* sentence) noexcept
{
    lastError.assign (error, sentence);
    return -1;
}
}  // namespace

int Ring::refusePush () noexcept
{
    return refuse (EPIPE, "the queue is shut down: nothing more is to be pushed");
}

int Ring::refuseZero () noexcept
{
    return refuse (EINVAL, "the elements are null, or 0 of them: give an address, and 1 or more");
}

int Ring::refuseCount () noexcept
{
    return refuse (EINVAL, "more than was reserved or peeked at, or 0: give 1 up to what the last call returned");
}

int Ring::damaged () noexcept
{
    return refuse (EBADMSG, "the segment is damaged: its head and its tail are further apart than its capacity");
}

int Ring::nested () noexcept
{
    return refuse (EDEADLK,
                   "a push of this thread to this queue is not over: it was left by a longjmp, or a signal handler "
                   "interrupted it");
}

}  // namespace JOIN_ABI
}  // namespace join
