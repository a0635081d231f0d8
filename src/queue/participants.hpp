// SPDX-License-Identifier: MIT
// Who may push to a queue now, or did and died without anybody in his place.
#ifndef JOIN_SRC_QUEUE_PARTICIPANTS_HPP
#define JOIN_SRC_QUEUE_PARTICIPANTS_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Nobody who could push is alive, and one of them died in his place, which nobody has taken since. false where the kernel
/// cannot be asked: then nobody is taken for dead.
bool isAbandoned (OwnedRing& ring) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
