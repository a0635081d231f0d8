// SPDX-License-Identifier: MIT
// The bytes of a world, and which of them are locations.
#ifndef MODEL_ARENA_HPP
#define MODEL_ARENA_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace model
{
class Arena
{
public:
    char* bytes () noexcept
    {
        return _bytes;
    }

    void clear () noexcept
    {
        std::memset (_bytes, 0, _used);
        std::memset (_locations, -1, sizeof (_locations));
        _used = 0;
        _outsideCount = 0;
    }

    /// @throw std::length_error
    void* carve (std::size_t bytes)
    {
        if (_used + bytes > size)
        {
            throw std::length_error ("the world is larger than its arena");
        }
        void* const at = _bytes + _used;
        _used += (bytes + line - 1) / line * line;
        return at;
    }

    /// Outside of the arena, objects of less than 4 bytes may be locations, too. @throw std::length_error
    void locate (const void* at, int location)
    {
        const std::size_t offset = reinterpret_cast<std::uintptr_t> (at) - reinterpret_cast<std::uintptr_t> (_bytes);
        if (offset < size)
        {
            _locations[offset / 4] = static_cast<int8_t> (location);
        }
        else if (_outsideCount < outsideMost)
        {
            _outside[_outsideCount++] = Outside {at, location};
        }
        else
        {
            throw std::length_error ("more locations outside of the arena than there is room for");
        }
    }

    /// -1: not a location
    int locationOf (const void* at) const noexcept
    {
        const std::size_t offset = reinterpret_cast<std::uintptr_t> (at) - reinterpret_cast<std::uintptr_t> (_bytes);
        if (offset < size)
        {
            return _locations[offset / 4];
        }
        for (unsigned i = 0; i < _outsideCount; ++i)
        {
            if (_outside[i].at == at)
            {
                return _outside[i].location;
            }
        }
        return -1;
    }

private:
    static constexpr std::size_t size = 512 << 10;
    static constexpr std::size_t line = 128;

    static constexpr unsigned outsideMost = 16;

    struct Outside
    {
        const void* at;
        int location;
    };

    alignas (line) char _bytes[size];
    int8_t _locations[size / 4];
    std::size_t _used = size;
    Outside _outside[outsideMost] = {};
    unsigned _outsideCount = 0;
};

/// The only arena: its addresses are the same in all explorations.
Arena& arena () noexcept;

}  // namespace model

#endif
