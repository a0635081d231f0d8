// SPDX-License-Identifier: MIT
// Pages made present, and made huge, before anybody waits for them; large ranges by several threads.
#ifndef JOIN_SRC_POPULATE_HPP
#define JOIN_SRC_POPULATE_HPP

#include "failure.hpp"

#include <join/memory.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
/// The transparent huge page, bytes; 0 where the kernel has none.
std::size_t transparentPage () noexcept;

/// The knobs that stand against transparent huge pages, with their values, for a sentence.
struct TransparentKnob
{
    explicit TransparentKnob (bool shared) noexcept;

    char text[128];
};

/// Every page of the range there, or why not; nothing is left to a later touch. `fresh`: nobody else has it yet.
Failure makePresent (const MemOptions& asked, void* address, std::size_t bytes, bool fresh) noexcept;

/// Whole huge pages of what is there: no failure is the proof that all of them are. Where nothing is there, it is
/// EINVAL (Linux 6.1): `seed` touches a page in each huge page first, and the collapse fills the holes between.
Failure makeHuge (const MemOptions& asked, void* address, std::size_t bytes, bool shared, bool seed) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
