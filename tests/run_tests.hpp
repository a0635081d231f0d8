// SPDX-License-Identifier: MIT
/// Catch2's runner, compiled once for all suites: it is the largest file there is.
#ifndef JOIN_TESTS_RUN_TESTS_HPP
#define JOIN_TESTS_RUN_TESTS_HPP

/// Runs those test cases of the executable that the arguments choose. \return What main returns.
int runTests (int argc, char** argv);

#endif
