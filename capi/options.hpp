// SPDX-License-Identifier: MIT
// Converts jm_options, jm_queue_options and jm_wait_options, of any struct_size, to the options of C++.
#ifndef JOIN_CAPI_OPTIONS_HPP
#define JOIN_CAPI_OPTIONS_HPP

#include "joinmem.h"

#include <join/queue.hpp>
#include <join/wait_set.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// @throw std::system_error EINVAL: null, or an invalid option
MemOptions optionsOf (const jm_options* input);

/// The contents of a jm_queue_options.
struct QueueSettings
{
    QueueOptions queue;
    MemOptions memory;
};

/// @throw std::system_error EINVAL: null, or an invalid option
QueueSettings settingsOf (const jm_queue_options* input);

/// @throw std::system_error EINVAL: null, or an invalid option
WaitSetOptions waitOptionsOf (const jm_wait_options* input);

/// Writes the defaults into the first `size` bytes. @throw std::system_error EINVAL
void initialise (jm_options* options, uint32_t size);
void initialise (jm_queue_options* options, uint32_t size);
void initialise (jm_wait_options* options, uint32_t size);

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
