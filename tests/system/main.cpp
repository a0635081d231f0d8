// SPDX-License-Identifier: MIT
// Each executable states what the machine needs; if that is missing, the test is skipped, and its last line is the
// reason.
#include "../run_tests.hpp"

#include "require.hpp"

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
