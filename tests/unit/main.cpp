// SPDX-License-Identifier: MIT
#include "../run_tests.hpp"

int main (int argc, char** argv)
{
    return runTests (argc, argv);
}
