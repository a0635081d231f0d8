// SPDX-License-Identifier: MIT
// The same for a program that links the library and an object: there is one lastError, the program reads a failure that
// happened in the object, and another thread has its own.
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
    const bool reported = failHere () == 1 && join::lastError.value () == EFAULT;
    std::printf ("one object: %d, own in each thread: %d, reported across: %d\n", one, own, reported);
    return one && own && reported ? 0 : 1;
}
