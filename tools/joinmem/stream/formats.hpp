// SPDX-License-Identifier: MIT
// Converts bytes to elements and back: lines, raw elements, hexadecimal digits. framing.hpp has the stream of --bytes.
#ifndef JOINMEM_TOOL_STREAM_FORMATS_HPP
#define JOINMEM_TOOL_STREAM_FORMATS_HPP

#include "descriptors.hpp"
#include "options.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tool::stream
{
/// Bytes that are moved at a time. They fit in a second-level cache.
constexpr std::size_t batchBytes = std::size_t (256) << 10;

/// A buffer of consecutive elements on their way into a queue or out of it.
class Batch
{
public:
    explicit Batch (uint32_t elementSize);

    char* at (uint64_t index) noexcept
    {
        return _bytes.data () + index * _elementSize;
    }

    /// The number of elements that fit.
    uint64_t most () const noexcept
    {
        return _most;
    }

    uint64_t count () const noexcept
    {
        return _count;
    }

    bool full () const noexcept
    {
        return _count == _most;
    }

    /// Reduces the number of elements that fit.
    void limit (uint64_t most) noexcept
    {
        _most = most < _most ? most : _most;
    }

    /// Counts n more elements, which the caller has written after the existing ones.
    void add (uint64_t n) noexcept
    {
        _count += n;
    }

    /// Adds one element: these bytes, padded with NUL bytes.
    void add (const char* from, std::size_t bytes) noexcept;

    void clear () noexcept
    {
        _count = 0;
    }

private:
    uint32_t _elementSize;
    uint64_t _most;
    uint64_t _count = 0;
    std::vector<char> _bytes;
};

/// Converts standard input to elements.
class Packer
{
public:
    virtual ~Packer () = default;

    /// Reads at most once, and adds the complete elements, possibly none, to the empty batch.
    /// @return false: end of input
    /// @throw Stop the input is malformed; the elements before that are in the batch
    virtual bool pack (Input& input, Batch& batch) = 0;
};

/// Writes elements to standard output.
class Unpacker
{
public:
    virtual ~Unpacker () = default;

    virtual void unpack (Output& output, char* elements, uint64_t n) = 0;
};

/// For all formats except Format::Bytes.
std::unique_ptr<Packer> packerOf (const Options& options, uint32_t elementSize);
std::unique_ptr<Unpacker> unpackerOf (const Options& options, uint32_t elementSize);

}  // namespace tool::stream

#endif
