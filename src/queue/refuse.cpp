// SPDX-License-Identifier: MIT
// The errors of pushes and pops: errno, cause and remedy.
#include "queue/none.hpp"
#include "queue/owned.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

int Ring::errorShutDown () noexcept
{
    return isNone ()
               ? failNone ()
               : setError (EPIPE,
                           "the queue is shut down: no element can be pushed any more; unlink it and make a new one");
}

int Ring::errorNoElements () noexcept
{
    return isNone ()
               ? failNone ()
               : setError (EINVAL, "the elements' address is null, or their number 0: give an address, and 1 or more");
}

int Ring::errorBatch (uint64_t n) noexcept
{
    return n == 0 && !isNone () ? 0 : errorNoElements ();
}

int Ring::errorCount () noexcept
{
    return isNone ()
               ? failNone ()
               : fail (
                   EINVAL,
                   "more than was reserved (%llu) or peeked at (%llu), or 0: give 1 up to what the last call returned",
                   static_cast<unsigned long long> (spscProducer.reserved),
                   static_cast<unsigned long long> (spscConsumer.peeked));
}

int Ring::damaged () noexcept
{
    return setError (
        EBADMSG,
        "the queue is damaged: its head and its tail are further apart than its capacity, as after two producers or "
        "two consumers of a Spsc at once, or writes from outside: remove it (joinmem rm) and make it anew");
}

int Ring::nested () noexcept
{
    return setError (EDEADLK,
                     "a push of this thread to this queue is not complete: a signal handler interrupted it, or a "
                     "longjmp left it; push after it has returned");
}

}  // namespace JOIN_ABI
}  // namespace join
