// SPDX-License-Identifier: MIT
// Each thread has one lastError for all shared objects of a process: those that hide their symbols, and those loaded by
// dlopen. The program itself does not link the library: only the objects do.
#include "object.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <set>
#include <thread>

namespace
{
using Where = decltype (&whereIsLastError);
using Fail = decltype (&failHere);

int complaints = 0;

void expect (bool right, const char* what)
{
    if (!right)
    {
        std::printf ("%s\n", what);
        ++complaints;
    }
}

void lookInThisThread (char** objects, int count)
{
    std::set<const void*> seen;
    for (int i = 0; i < count; ++i)
    {
        void* object = ::dlopen (objects[i], RTLD_NOW | RTLD_LOCAL);
        if (object == nullptr)
        {
            std::printf ("%s\n", ::dlerror ());
            ++complaints;
            continue;
        }
        seen.insert (reinterpret_cast<Where> (::dlsym (object, "whereIsLastError")) ());
        expect (reinterpret_cast<Fail> (::dlsym (object, "failHere")) () == 1,
                "a failure is not reported in the object where it happened");
    }
    expect (seen.size () == 1, "there is more than one lastError in a thread");
}
}  // namespace

int main (int argc, char** argv)
{
    lookInThisThread (argv + 1, argc - 1);
    std::thread (lookInThisThread, argv + 1, argc - 1).join ();
    std::printf ("%d complaints\n", complaints);
    return complaints == 0 ? 0 : 1;
}
