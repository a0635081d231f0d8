// SPDX-License-Identifier: MIT
// Catch2's main, in a private /dev/shm. Exits with 77 if [traced] tests are selected and ptrace is forbidden.
#include "../run_tests.hpp"

#include "tracer.hpp"
#include "world.hpp"

#include <cstdio>
#include <cstring>

int main (int argc, char** argv)
{
    // A sanitizer adds system calls of its own, so ptrace(2) of its process proves nothing.
    bool traced = false;
    bool exact = false;
    for (int i = 1; i < argc; ++i)
    {
        traced = traced || std::strstr (argv[i], "[traced]") != nullptr;
        exact = exact || std::strstr (argv[i], "[exact]") != nullptr;
    }
    if (!crash::makePrivateShm ())
    {
        std::printf ("/dev/shm is the machine's: a mount namespace is forbidden here\n");
    }
    const std::string why = traced ? crash::whyNotTraced () : "";
    if (!why.empty ())
    {
        std::printf ("SKIP: no process can be traced here: %s\n", why.c_str ());
        return 77;
    }
    if (exact && crash::sanitized ())
    {
        std::printf ("SKIP: a sanitizer makes mappings and system calls of its own: they cannot be counted exactly\n");
        return 77;
    }
    return runTests (argc, argv);
}
