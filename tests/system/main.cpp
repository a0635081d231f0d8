// SPDX-License-Identifier: MIT
// Each executable says what the machine must have; where it has not, the test is skipped and its last line is why.
#include "../run_tests.hpp"

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
    return runTests (argc, argv);
}
