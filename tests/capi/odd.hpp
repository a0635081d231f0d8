// SPDX-License-Identifier: MIT
/// Random arguments, many of them invalid.
#ifndef JOIN_TESTS_CAPI_ODD_HPP
#define JOIN_TESTS_CAPI_ODD_HPP

#include <cstdint>
#include <random>
#include <string>
#include <unistd.h>

inline std::string nameOf (pid_t process, uint64_t which)
{
    return "/joinmem-random-" + std::to_string (process) + "-" + std::to_string (which);
}

class Odd
{
protected:
    explicit Odd (uint64_t seed)
    : _random (seed)
    {
    }

    uint64_t size ()
    {
        static const uint64_t odd[] = {
            0,          1,          4095,           4097,       INT64_MAX, uint64_t (1) << 63,
            UINT64_MAX, 1ULL << 45, UINT64_MAX - 1, 1ULL << 62, 2097152,   65536};
        return _random () % 2 == 0 ? odd[_random () % (sizeof odd / sizeof odd[0])] : _random () % 8192;
    }

    int number ()
    {
        static const int odd[] = {-1, 0, 1, 2, 3, 64, 1023, 1024, INT32_MAX, INT32_MIN, 0600, 01777};
        return odd[_random () % (sizeof odd / sizeof odd[0])];
    }

    std::string name (uint64_t which) const
    {
        return nameOf (::getpid (), which);
    }

    const char* anyName ()
    {
        static const char* const odd[] = {nullptr, "", "/", "a/b", ".", "..", "/.joinmem-x"};
        if (_random () % 4 == 0)
        {
            return odd[_random () % (sizeof odd / sizeof odd[0])];
        }
        _name = _random () % 8 == 0 ? std::string (300, 'j') : name (_random () % 4);
        return _name.c_str ();
    }

    std::mt19937_64 _random;

private:
    std::string _name;
};

#endif
