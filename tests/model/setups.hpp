// SPDX-License-Identifier: MIT
#ifndef MODEL_SETUPS_HPP
#define MODEL_SETUPS_HPP

#include "setup.hpp"

namespace model
{
/// Small ones, a few seconds together; each mistake shows in one of them.
std::vector<Setup> quickSetups ();

/// Larger ones, about a minute.
std::vector<Setup> largeSetups ();

/// Threads die at any moment, and others recover.
std::vector<Setup> mortalSetups ();

/// Sides and lanes are taken, left, and lost with their owners; and others ask who is left.
std::vector<Setup> placeSetups ();

}  // namespace model

#endif
