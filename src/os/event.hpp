// SPDX-License-Identifier: MIT
// A descriptor that becomes readable: eventfd(2), or a pipe where a filter refuses that call.
#ifndef JOIN_SRC_OS_EVENT_HPP
#define JOIN_SRC_OS_EVENT_HPP

#include <join/detail/abi.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
struct Event
{
    int readable = -1;
    int writable = -1;  // the same descriptor, for an eventfd
};

/// Opens one or two descriptors above 2, which no program inherits by execve(2). EMFILE, ENFILE, ENOMEM.
int openEvent (Event* event) noexcept;

/// Closes them. No effect on an event that is not open.
void closeEvent (Event* event) noexcept;

/// Makes the descriptor readable. A signal handler may call it.
void signalEvent (const Event& event) noexcept;

/// Makes it unreadable. @return whether it was readable
bool drainEvent (const Event& event) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
