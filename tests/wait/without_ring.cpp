// SPDX-License-Identifier: MIT
// Runs a program whose calls of io_uring_setup(2) fail, as in a container: without_ring PROGRAM [ARGUMENT...]
#include "../queue/forbid.hpp"

#include <cerrno>
#include <cstdio>

int main (int argc, char** argv)
{
    if (argc < 2)
    {
        std::fprintf (stderr, "usage: %s PROGRAM [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    forbid (SYS_io_uring_setup, EPERM);
    ::execv (argv[1], argv + 1);
    std::perror (argv[1]);
    return 1;
}
