// SPDX-License-Identifier: MIT
// The options of a queue object, as programs built with any version pass them.
#ifndef JOIN_SRC_QUEUE_OPTIONS_HPP
#define JOIN_SRC_QUEUE_OPTIONS_HPP

#include "base/failure.hpp"

#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// Copies and checks the options of a program of any age.
Failure readQueueOptions (const QueueOptions& input, QueueOptions* options) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
