// SPDX-License-Identifier: MIT
/// Catch2's runner, compiled once for all suites because it takes longest to compile.
#ifndef JOIN_TESTS_RUN_TESTS_HPP
#define JOIN_TESTS_RUN_TESTS_HPP

/// Runs the test cases that the arguments select. @return the exit status for main
int runTests (int argc, char** argv);

#endif
