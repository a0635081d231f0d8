// SPDX-License-Identifier: MIT
// Errors compare equally in a program and in its plug-ins, whichever copy of the C++ library each contains: main
// PLUGIN...
#include "compare.hpp"

#include <cstdio>
#include <dlfcn.h>

int main (int argc, char** argv)
{
    int wrong = compareErrors ("program");
    for (int i = 1; i < argc; ++i)
    {
        void* object = ::dlopen (argv[i], RTLD_NOW | RTLD_LOCAL);
        if (object == nullptr)
        {
            std::printf ("%s\n", ::dlerror ());
            return 1;
        }
        wrong += reinterpret_cast<decltype (&compareErrors)> (::dlsym (object, "compareErrors")) (argv[i]);
    }
    return wrong == 0 ? 0 : 1;
}
