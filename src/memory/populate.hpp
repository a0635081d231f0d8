// SPDX-License-Identifier: MIT
// Populates memory and makes its pages huge in advance, so that later touches cause no page faults.
#ifndef JOIN_SRC_MEMORY_POPULATE_HPP
#define JOIN_SRC_MEMORY_POPULATE_HPP

#include "base/failure.hpp"

#include <join/memory.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
/// The size of a transparent huge page, bytes; 0 if the kernel has none.
std::size_t transparentPage () noexcept;

/// Whether /sys is not mounted, as in some sandboxes: then no setting can be read.
bool sysIsMissing () noexcept;

/// The settings that may prevent transparent huge pages, with their values, for a sentence.
struct TransparentKnob
{
    explicit TransparentKnob (bool shared) noexcept;

    char text[128];
};

/// Populates every page of the range, so that no later touch causes a fault.
/// @param fresh no other process has the memory yet, so it may be written
Failure makePresent (const MemOptions& options, void* address, std::size_t bytes, bool fresh) noexcept;

/// Makes huge pages of the existing pages. Success proves that all of the range is huge. A range without any page fails
/// with EINVAL (Linux 6.1).
/// @param seed touch one page in each huge page first; the collapse then fills the holes
Failure makeHuge (const MemOptions& options, void* address, std::size_t bytes, bool shared, bool seed) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
