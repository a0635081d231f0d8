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

}  // namespace model

#endif
