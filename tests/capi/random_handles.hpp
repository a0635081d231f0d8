// SPDX-License-Identifier: MIT
/// The handles of a test of random calls: open, closed, forged and truncated ones.
#ifndef JOIN_TESTS_CAPI_RANDOM_HANDLES_HPP
#define JOIN_TESTS_CAPI_RANDOM_HANDLES_HPP

#include "check.h"
#include "odd.hpp"

#include <vector>

class Handles : protected Odd
{
protected:
    explicit Handles (uint64_t seed)
    : Odd (seed)
    {
    }

    ~Handles ()
    {
        for (jm_handle handle : _open)
        {
            jm_close (handle);
        }
    }

    bool close ()
    {
        const jm_handle closed = handle ();
        const bool fine = jm_close (closed) == 0;
        for (std::size_t i = 0; fine && i < _open.size (); ++i)
        {
            if (_open[i] == closed)
            {
                _open.erase (_open.begin () + static_cast<std::ptrdiff_t> (i));
                _stale.push_back (closed);
            }
        }
        return fine;
    }

    bool keep (jm_handle handle)
    {
        if (handle == JM_INVALID_HANDLE)
        {
            return false;
        }
        CHECK (handle > 0);
        _open.push_back (handle);
        if (_open.size () > 16)
        {
            CHECK (jm_close (_open.front ()) == 0);
            _open.erase (_open.begin ());
        }
        return true;
    }

    bool keepIn (std::vector<jm_handle>& sort, jm_handle handle)
    {
        if (handle != JM_INVALID_HANDLE)
        {
            sort.push_back (handle);
        }
        return keep (handle);
    }

    // Mostly one of those created last, which may be closed by now.
    jm_handle recent (const std::vector<jm_handle>& sort)
    {
        const std::size_t last = sort.size () < 8 ? sort.size () : 8;
        return last == 0 || _random () % 4 == 0 ? handle () : sort[sort.size () - 1 - _random () % last];
    }

    jm_handle handle ()
    {
        const auto some = [this] (const std::vector<jm_handle>& from) {
            return from.empty () ? jm_handle (0) : from[_random () % from.size ()];
        };
        switch (_random () % 8)
        {
            case 0:
                return static_cast<jm_handle> (_random ());
            case 1:
                return some (_stale);
            case 2:
                return static_cast<int32_t> (some (_open));  // truncated to 32 bits
            case 3:
                return some (_open) ^ (jm_handle (1) << (_random () % 63));
            default:
                return some (_open);
        }
    }

private:
    std::vector<jm_handle> _open;
    std::vector<jm_handle> _stale;
};

#endif
