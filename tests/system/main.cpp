// SPDX-License-Identifier: MIT
// Each executable says what the machine must have; where it has not, the test is skipped and its last line is why.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "needs.hpp"

#include <cstdio>

int main (int argc, char** argv)
{
    const std::string reason = missing ();
    if (!reason.empty ())
    {
        std::printf ("skipped: %s\n", reason.c_str ());
        return 77;
    }
    return Catch::Session ().run (argc, argv);
}
