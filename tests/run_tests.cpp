// SPDX-License-Identifier: MIT
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "run_tests.hpp"

int runTests (int argc, char** argv)
{
    return Catch::Session ().run (argc, argv);
}
