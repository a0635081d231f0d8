// SPDX-License-Identifier: MIT
// Catch2's main, in a /dev/shm of our own. 77 where [traced] tests are asked for and ptrace is forbidden.
#include "../run_tests.hpp"

#include "tracer.hpp"
#include "world.hpp"

#include <cstdio>
#include <cstring>

int main (int argc, char** argv)
{
    // A process under a sanitizer has more than system calls of ours, and ptrace(2) of it is no proof of anything.
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
        std::printf ("SKIP: no process can be traced here, so nobody is killed at his system calls: %s\n",
                     why.c_str ());
        return 77;
    }
    if (exact && crash::sanitized ())
    {
        std::printf ("SKIP: a sanitizer makes mappings and system calls of its own: they cannot be counted exactly\n");
        return 77;
    }
    return runTests (argc, argv);
}
