// SPDX-License-Identifier: MIT
// What each shared object of the test offers: where it finds lastError, and a failure of its own making.
#ifndef CHECK_LASTERROR_OBJECT_HPP
#define CHECK_LASTERROR_OBJECT_HPP

extern "C"
{
    /// The address of join::lastError as this object sees it.
    const void* whereIsLastError ();

    /// Fails with EFAULT; whether lastError says so here.
    int failHere ();
}

#endif
