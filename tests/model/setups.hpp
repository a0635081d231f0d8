// SPDX-License-Identifier: MIT
#ifndef MODEL_SETUPS_HPP
#define MODEL_SETUPS_HPP

#include "setup.hpp"

namespace model
{
/// Small set-ups, a few seconds together; each mistake shows in one of them.
std::vector<Setup> quickSetups ();

/// Larger set-ups, about a minute.
std::vector<Setup> largeSetups ();

/// Threads die at any moment, and others recover.
std::vector<Setup> mortalSetups ();

/// Blocking calls: partial and late wake-ups, takers and observers, and deaths of sleepers.
std::vector<Setup> waitingSetups ();
std::vector<Setup> largeWaitingSetups ();

/// A wait set over two queues.
std::vector<Setup> setSetups ();
std::vector<Setup> largeSetSetups ();

/// Roles and slots are taken, released, and lost with their owners, while other threads check for live producers.
std::vector<Setup> placeSetups ();

}  // namespace model

#endif
