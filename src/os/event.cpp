// SPDX-License-Identifier: MIT
// eventfd(2), pipe2(2), read(2), write(2), close(2). The last three by syscall(2), as libc's are cancellation points.
#include "event.hpp"

#include "descriptors.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
// Neither end blocks: a write to a full pipe fails, and a full pipe is readable, too.
int openPipe (Event* event) noexcept
{
    constexpr int flags = O_CLOEXEC | O_NONBLOCK;
    int ends[2] = {-1, -1};
    const int error = keepDescriptor (::pipe2 (ends, flags) == 0 ? ends[0] : -1, &event->readable);
    if (error != 0)
    {
        if (ends[1] != -1)
        {
            ::syscall (SYS_close, ends[1]);
        }
        return error;
    }
    const int second = keepDescriptor (ends[1], &event->writable);
    if (second != 0)
    {
        ::syscall (SYS_close, event->readable);
        *event = Event ();
    }
    return second;
}
}  // namespace

int openEvent (Event* event) noexcept
{
    const int error = keepDescriptor (::eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK), &event->readable);
    if (error == 0)
    {
        event->writable = event->readable;
        return 0;
    }
    return error == EMFILE || error == ENFILE || error == ENOMEM ? error : openPipe (event);
}

void closeEvent (Event* event) noexcept
{
    if (event->readable != -1)
    {
        ::syscall (SYS_close, event->readable);
    }
    if (event->writable != event->readable)
    {
        ::syscall (SYS_close, event->writable);
    }
    *event = Event ();
}

void signalEvent (const Event& event) noexcept
{
    const int before = errno;
    const uint64_t one = 1;
    while (::syscall (SYS_write, event.writable, &one, sizeof (one)) == -1 && errno == EINTR)
    {
    }
    errno = before;
}

bool drainEvent (const Event& event) noexcept
{
    const int before = errno;
    bool drained = false;
    char bytes[512];
    long count;
    do
    {
        count = ::syscall (SYS_read, event.readable, bytes, sizeof (bytes));
        drained = drained || count > 0;
    }
    while (count == static_cast<long> (sizeof (bytes)) || (count == -1 && errno == EINTR));
    errno = before;
    return drained;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
