// SPDX-License-Identifier: MIT
#include "framing.hpp"

#include "../command.hpp"

#include <climits>
#include <cstring>

namespace tool::stream
{
namespace
{
constexpr unsigned char escape = 255;

uint32_t headOf (uint32_t elementSize) noexcept
{
    return elementSize > 256 ? 2 : elementSize > 1 ? 1 : 0;
}

void putLength (char* element, uint32_t head, std::size_t length) noexcept
{
    element[0] = static_cast<char> (length & 0xff);
    if (head == 2)
    {
        element[1] = static_cast<char> (length >> 8);
    }
}

std::size_t lengthIn (const char* element, uint32_t head) noexcept
{
    const std::size_t low = static_cast<unsigned char> (element[0]);
    return head == 2 ? low | static_cast<std::size_t> (static_cast<unsigned char> (element[1])) << 8 : low;
}
}  // namespace

StreamPacker::StreamPacker (uint32_t elementSize)
: _size (elementSize)
, _head (headOf (elementSize))
{
}

void StreamPacker::addMark (Mark mark, Batch& batch) const noexcept
{
    const char which = static_cast<char> (mark);
    if (_head == 0)
    {
        const char first = static_cast<char> (escape);
        batch.add (&first, 1);
        batch.add (&which, 1);
        return;
    }
    const char bytes[3] = {0, _head == 1 ? which : char (0), which};
    batch.add (bytes, _head + 1);
}

// Reads the input directly into the elements: each part is the space after an element's length.
bool StreamPacker::pack (Input& input, Batch& batch)
{
    if (_head == 0)
    {
        return packSingles (input, batch);
    }
    const std::size_t room = _size - _head;
    if (_parts.empty ())
    {
        for (uint64_t i = 0; i < batch.most () && i < IOV_MAX; ++i)
        {
            _parts.push_back (iovec {batch.at (i) + _head, room});
        }
    }
    const std::size_t got = input.read (_parts.data (), static_cast<int> (_parts.size ()));
    for (std::size_t left = got; left != 0; batch.add (1))
    {
        const std::size_t length = left < room ? left : room;
        char* element = batch.at (batch.count ());
        putLength (element, _head, length);
        std::memset (element + _head + length, 0, room - length);
        left -= length;
    }
    return got != 0;
}

bool StreamPacker::packSingles (Input& input, Batch& batch)
{
    _text.resize (batch.most () / 2);
    const std::size_t got = input.read (_text.data (), _text.size ());
    for (std::size_t i = 0; i < got; ++i)
    {
        batch.add (&_text[i], 1);
        if (static_cast<unsigned char> (_text[i]) == escape)
        {
            batch.add (&_text[i], 1);
        }
    }
    return got != 0;
}

StreamUnpacker::StreamUnpacker (uint32_t elementSize)
: _size (elementSize)
, _head (headOf (elementSize))
{
}

void StreamUnpacker::unpack (Output& output, char* elements, uint64_t n)
{
    try
    {
        for (uint64_t i = 0; i < n && !_ended; ++i)
        {
            take (elements + i * _size);
        }
    }
    catch (const Stop&)
    {
        flush (output);
        throw;
    }
    flush (output);
}

void StreamUnpacker::take (char* element)
{
    if (_head == 0)
    {
        takeSingle (static_cast<unsigned char> (*element));
        return;
    }
    const std::size_t length = lengthIn (element, _head);
    if (length == 0)
    {
        takeMark (static_cast<unsigned char> (element[_head]));
        return;
    }
    if (length > _size - _head)
    {
        refuse ();
    }
    takeData (element + _head, length);
}

void StreamUnpacker::takeSingle (unsigned char byte)
{
    if (!_escaped && byte == escape)
    {
        _escaped = true;
        return;
    }
    if (_escaped && byte != escape)
    {
        takeMark (byte);
    }
    else
    {
        char data = static_cast<char> (byte);
        takeData (&data, 1);
    }
    _escaped = false;
}

void StreamUnpacker::takeMark (unsigned char mark)
{
    if (mark == static_cast<unsigned char> (Mark::Begin) && !_begun)
    {
        _begun = true;
    }
    else if (mark == static_cast<unsigned char> (Mark::Begin))
    {
        throw Stop (Failed, "the stream is incomplete: its producer has gone, and another stream began");
    }
    else if (mark == static_cast<unsigned char> (Mark::End) && _begun)
    {
        _ended = true;
    }
    else
    {
        refuse ();
    }
}

void StreamUnpacker::takeData (char* from, std::size_t bytes)
{
    if (!_begun)
    {
        refuse ();
    }
    if (_head == 0)
    {
        _text.push_back (*from);
    }
    else
    {
        _parts.push_back (iovec {from, bytes});
    }
}

void StreamUnpacker::refuse () const
{
    throw Stop (Failed, _begun
                            ? "an element is not part of the stream: another producer pushes to the queue as well"
                            : "no stream begins here: another consumer has popped its beginning, or it does not come "
                              "from joinmem push --bytes");
}

void StreamUnpacker::flush (Output& output)
{
    if (!_text.empty ())
    {
        output.write (_text.data (), _text.size ());
        _text.clear ();
    }
    output.write (_parts.data (), _parts.size ());
    _parts.clear ();
}

}  // namespace tool::stream
