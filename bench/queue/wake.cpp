// SPDX-License-Identifier: MIT
#include "contender.hpp"

namespace bench
{
void addWakers (Contenders&)
{
}

}  // namespace bench
