// SPDX-License-Identifier: MIT
// A handle number is never given out twice: when its slot has used all generations, the slot retires.
#include "check.h"

#include <cstdio>
#include <cstring>
#include <set>

int main ()
{
    std::set<jm_handle> seen;
    uint32_t last = 0;
    for (int i = 0; i < 100000; ++i)
    {
        const jm_handle handle = jm_local_create (1);
        CHECK (handle > 0 && seen.insert (handle).second);
        CHECK (static_cast<uint64_t> (handle) >> 32 > last);  // one slot, reused repeatedly
        last = static_cast<uint32_t> (static_cast<uint64_t> (handle) >> 32);
        CHECK (jm_close (handle) == 0);
        CHECK (jm_close (handle) == -1);
    }
    std::puts ("100000 handles, none twice");
    return 0;
}
