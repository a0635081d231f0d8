// SPDX-License-Identifier: MIT
// What each shared object of the test offers: the address of its lastError, and a call that fails in it.
#ifndef CHECK_LASTERROR_OBJECT_HPP
#define CHECK_LASTERROR_OBJECT_HPP

extern "C"
{
    /// The address of join::lastError as this object sees it.
    const void* whereIsLastError ();

    /// Fails with EFAULT. Returns whether lastError reports it here.
    int failHere ();
}

#endif
