// SPDX-License-Identifier: MIT
// From bytes to elements, and back: lines, raw elements, hexadecimal digits. The stream of --bytes is in framing.hpp.
#ifndef JOINMEM_TOOL_STREAM_FORMATS_HPP
#define JOINMEM_TOOL_STREAM_FORMATS_HPP

#include "descriptors.hpp"
#include "options.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tool::stream
{
/// Bytes that are moved at a time: a part of a second-level cache.
constexpr std::size_t batchBytes = std::size_t (256) << 10;

/// Elements on their way into a queue or out of it, one behind the other.
class Batch
{
public:
    explicit Batch (uint32_t elementSize);

    char* at (uint64_t index) noexcept
    {
        return _bytes.data () + index * _elementSize;
    }

    /// Room for so many.
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

    /// No more than so many from now on.
    void limit (uint64_t most) noexcept
    {
        _most = most < _most ? most : _most;
    }

    /// So many more have been written behind those that are there.
    void add (uint64_t n) noexcept
    {
        _count += n;
    }

    /// One more: these bytes, and NUL bytes behind them.
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

/// Makes elements of standard input.
class Packer
{
public:
    virtual ~Packer () = default;

    /// Reads once at most, and adds what is complete to the empty batch, which may be none. False at the end of the input.
    /// Throws Stop where the input is not what it should be; what came before that is in the batch.
    virtual bool pack (Input& input, Batch& batch) = 0;
};

/// Writes elements to standard output.
class Unpacker
{
public:
    virtual ~Unpacker () = default;

    virtual void unpack (Output& output, char* elements, uint64_t n) = 0;
};

/// For all formats but Format::Bytes.
std::unique_ptr<Packer> packerOf (const Options& options, uint32_t elementSize);
std::unique_ptr<Unpacker> unpackerOf (const Options& options, uint32_t elementSize);

}  // namespace tool::stream

#endif
