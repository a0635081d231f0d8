// SPDX-License-Identifier: MIT
// Structs that begin with their own size, from or for programs that were compiled against an older or a newer header.
// Fields are only ever appended: an older program's struct ends before a field that it does not have; a newer one's has
// bytes after ours, which must be zero in what we read, and which we set to zero in what we write.
#ifndef JOIN_SRC_BASE_SIZED_STRUCT_HPP
#define JOIN_SRC_BASE_SIZED_STRUCT_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
constexpr uint32_t maxStructSize = 4096;  // bytes; a larger size is a mistake, and not that of a newer header

/// Whether a struct that has `size` bytes here may be of `given` bytes: those of this version, of a newer one, or one of
/// `ends`, the offsets at which structs of older versions end.
template <std::size_t N>
bool isStructSize (uint32_t inputSize, std::size_t size, const std::size_t (&ends)[N]) noexcept
{
    if (inputSize >= size)
    {
        return inputSize <= maxStructSize;
    }
    for (std::size_t end : ends)
    {
        if (inputSize == end)
        {
            return true;
        }
    }
    return false;
}

/// Returns the offset of the first byte after the `size` bytes of this version that is not zero, 0 if all are: a newer
/// program requests what this library does not have. The size was checked before.
inline uint32_t unknownField (const void* from, uint32_t inputSize, std::size_t size) noexcept
{
    const char* bytes = static_cast<const char*> (from);
    for (uint32_t i = static_cast<uint32_t> (size); i < inputSize; ++i)
    {
        if (bytes[i] != 0)
        {
            return i;
        }
    }
    return 0;
}

/// Copies the fields that the program has; the others keep their values.
template <typename Struct>
void readSized (const void* from, uint32_t inputSize, Struct* to) noexcept
{
    std::memcpy (static_cast<void*> (to), from, inputSize < sizeof (Struct) ? inputSize : sizeof (Struct));
}

/// Copies the fields that the program has; what it has beyond them becomes zero.
template <typename Struct>
void writeSized (void* to, uint32_t inputSize, const Struct& from) noexcept
{
    const std::size_t known = inputSize < sizeof (Struct) ? inputSize : sizeof (Struct);
    std::memcpy (to, static_cast<const void*> (&from), known);
    std::memset (static_cast<char*> (to) + known, 0, inputSize - known);
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
