// SPDX-License-Identifier: MIT
// The set of visited states, 128 bits each.
#ifndef MODEL_FINGERPRINTS_HPP
#define MODEL_FINGERPRINTS_HPP

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace model
{
using Fingerprint = std::pair<uint64_t, uint64_t>;

class Hash
{
public:
    void number (uint64_t value) noexcept
    {
        _low = mixed (_low ^ value);
        _high = mixed ((_high << 23 | _high >> 41) + value * 0x9e3779b97f4a7c15U);
    }

    void add (const void* bytes, std::size_t count) noexcept
    {
        const char* from = static_cast<const char*> (bytes);
        for (; count >= sizeof (uint64_t); count -= sizeof (uint64_t), from += sizeof (uint64_t))
        {
            uint64_t value;
            std::memcpy (&value, from, sizeof (value));
            number (value);
        }
        uint64_t rest = count;
        std::memcpy (reinterpret_cast<char*> (&rest) + 1, from, count);
        number (rest);
    }

    Fingerprint value () const noexcept
    {
        return {_low, _high};
    }

private:
    static uint64_t mixed (uint64_t bits) noexcept
    {
        bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9U;
        bits = (bits ^ bits >> 27) * 0x94d049bb133111ebU;
        return bits ^ bits >> 31;
    }

    uint64_t _low = 0x243f6a8885a308d3U;
    uint64_t _high = 0x13198a2e03707344U;
};

/// A hash table with open addressing; 0 marks a free entry and is no fingerprint.
class Fingerprints
{
public:
    Fingerprints ()
    : _places (1 << 12)
    {
    }

    /// Returns false if the fingerprint was there already.
    bool add (const Fingerprint& print)
    {
        if (2 * ++_count > _places.size ())
        {
            grow ();
        }
        Fingerprint& place = find (print);
        if (place == print)
        {
            --_count;
            return false;
        }
        place = print;
        return true;
    }

private:
    Fingerprint& find (const Fingerprint& print) noexcept
    {
        std::size_t i = print.first & (_places.size () - 1);
        while (_places[i] != Fingerprint () && _places[i] != print)
        {
            i = (i + 1) & (_places.size () - 1);
        }
        return _places[i];
    }

    void grow ()
    {
        std::vector<Fingerprint> before (_places.size () * 2);
        before.swap (_places);
        for (const Fingerprint& print : before)
        {
            if (print != Fingerprint ())
            {
                find (print) = print;
            }
        }
    }

    std::vector<Fingerprint> _places;
    std::size_t _count = 0;
};

}  // namespace model

#endif
