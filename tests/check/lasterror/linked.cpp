// SPDX-License-Identifier: MIT
// The same for a program that is linked with the library and with an object: one lastError, a failure made in the object
// is read in the program, and another thread has its own.
#include "object.hpp"

#include <join/memory.hpp>

#include <cerrno>
#include <cstdio>
#include <thread>

int main ()
{
    const void* elsewhere = nullptr;
    std::thread ([&elsewhere] { elsewhere = whereIsLastError (); }).join ();
    const bool one = whereIsLastError () == &join::lastError;
    const bool own = elsewhere != &join::lastError;
    const bool told = failHere () == 1 && join::lastError.value () == EFAULT;
    std::printf ("one object: %d, own in each thread: %d, told across: %d\n", one, own, told);
    return one && own && told ? 0 : 1;
}
