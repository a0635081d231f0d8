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

    void locate (const void* at, int location) noexcept
    {
        _locations[(static_cast<const char*> (at) - _bytes) / 4] = static_cast<int8_t> (location);
    }

    /// -1: not a location
    int locationOf (const void* at) const noexcept
    {
        const std::size_t offset = reinterpret_cast<std::uintptr_t> (at) - reinterpret_cast<std::uintptr_t> (_bytes);
        return offset < size ? _locations[offset / 4] : -1;
    }

private:
    static constexpr std::size_t size = 512 << 10;
    static constexpr std::size_t line = 128;

    alignas (line) char _bytes[size];
    int8_t _locations[size / 4];
    std::size_t _used = size;
};

/// The only arena: its addresses are the same in all explorations.
Arena& arena () noexcept;

}  // namespace model

#endif
