// SPDX-License-Identifier: MIT
// The stream of --bytes, as joinmem-push(1) describes it: how bytes of any number lie in elements of one size, and how its
// beginning and its end are told.
//
//     element size     an element
//     257 and more     length, 2 bytes little endian | as many bytes | whatever
//     2 to 256         length, 1 byte                | as many bytes | whatever
//     1                a byte, 255 as 255 255
//
//     length 0 (of 1:  a mark: the byte behind it is 1, the stream begins, or 2, it ends
//     one byte of 255)
#ifndef JOINMEM_TOOL_STREAM_FRAMING_HPP
#define JOINMEM_TOOL_STREAM_FRAMING_HPP

#include "descriptors.hpp"
#include "formats.hpp"

#include <cstdint>
#include <vector>

namespace tool::stream
{
enum class Mark : unsigned char
{
    Begin = 1,
    End = 2,
};

/// Bytes into elements. Not at the beginning and the end: those are addMark's.
class StreamPacker final : public Packer
{
public:
    explicit StreamPacker (uint32_t elementSize);

    bool pack (Input& input, Batch& batch) override;

    void addMark (Mark mark, Batch& batch) const noexcept;

private:
    bool packSingles (Input& input, Batch& batch);

    const uint32_t _size;
    const uint32_t _head;  // bytes of the length
    std::vector<iovec> _parts;
    std::vector<char> _text;  // of elements of one byte
};

/// Elements into bytes, up to the end of the stream.
class StreamUnpacker final : public Unpacker
{
public:
    explicit StreamUnpacker (uint32_t elementSize);

    /// Throws Stop where the elements are none of a stream, or not those that come next; what came before them is written.
    void unpack (Output& output, char* elements, uint64_t n) override;

    /// Its first element has been seen.
    bool begun () const noexcept
    {
        return _begun;
    }

    bool ended () const noexcept
    {
        return _ended;
    }

private:
    void take (char* element);
    void takeSingle (unsigned char byte);
    void takeMark (unsigned char mark);
    void takeData (char* from, std::size_t bytes);
    void flush (Output& output);
    [[noreturn]] void refuse () const;

    const uint32_t _size;
    const uint32_t _head;
    std::vector<iovec> _parts;
    std::vector<char> _text;
    bool _escaped = false;  // the last byte was 255
    bool _begun = false;
    bool _ended = false;
};

}  // namespace tool::stream

#endif
