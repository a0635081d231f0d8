// SPDX-License-Identifier: MIT
// The stream of --bytes, as joinmem-push(1) describes it: how any number of bytes is put into elements of one size, and
// how the beginning and the end of the stream are marked.
//
//     element size     an element
//     257 and more     length, 2 bytes little endian | as many bytes | padding
//     2 to 256         length, 1 byte                | as many bytes | padding
//     1                a byte, 255 as 255 255
//
//     length 0, or with element size 1 a byte of 255, is a mark. The next byte is 1, the stream begins, or 2, it ends.
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

/// Converts bytes to elements. addMark adds the beginning and the end.
class StreamPacker final : public Packer
{
public:
    explicit StreamPacker (uint32_t elementSize);

    bool pack (Input& input, Batch& batch) override;

    void addMark (Mark mark, Batch& batch) const noexcept;

private:
    bool packSingles (Input& input, Batch& batch);

    const uint32_t _size;
    const uint32_t _head;  // size of the length field
    std::vector<iovec> _parts;
    std::vector<char> _text;  // for elements of one byte
};

/// Converts elements to bytes, up to the end of the stream.
class StreamUnpacker final : public Unpacker
{
public:
    explicit StreamUnpacker (uint32_t elementSize);

    /// @throw Stop the elements are not part of a stream, or of another one; the bytes before them have been written
    void unpack (Output& output, char* elements, uint64_t n) override;

    /// Whether the first element of the stream has arrived.
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
