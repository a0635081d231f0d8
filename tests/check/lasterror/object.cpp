// SPDX-License-Identifier: MIT
#include "object.hpp"

#include <join/memory.hpp>

#include <cerrno>

extern "C" __attribute__ ((visibility ("default"))) const void* whereIsLastError ()
{
    return &join::lastError;
}

extern "C" __attribute__ ((visibility ("default"))) int failHere ()
{
    return join::mbind (nullptr, 1, 0) == -1 && join::lastError.value () == EFAULT;
}
