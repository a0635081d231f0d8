// SPDX-License-Identifier: MIT
// Compares every error with every class and every std::errc, as a program writes it.
#ifndef CHECK_RUNTIME_COMPARE_HPP
#define CHECK_RUNTIME_COMPARE_HPP

extern "C"
{
    /// The number of wrong comparisons; prints the first ones, after the name of the caller.
    int compareErrors (const char* name);
}

#endif
