// SPDX-License-Identifier: MIT
#ifndef JOIN_TESTS_SYSTEM_REQUIRE_HPP
#define JOIN_TESTS_SYSTEM_REQUIRE_HPP

#include <string>

/// What the tests of this executable need and the machine lacks; empty if nothing is missing. Each executable defines
/// one.
std::string missing ();

#endif
