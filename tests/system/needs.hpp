// SPDX-License-Identifier: MIT
#ifndef JOIN_TESTS_SYSTEM_NEEDS_HPP
#define JOIN_TESTS_SYSTEM_NEEDS_HPP

#include <string>

/// What the tests of this executable need and the machine lacks; empty where it lacks nothing. Each executable has one.
std::string missing ();

#endif
