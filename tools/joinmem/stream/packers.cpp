// SPDX-License-Identifier: MIT
// Converts input to elements.
#include "formats.hpp"

#include "../command.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace tool::stream
{
namespace
{
std::string bytesText (uint64_t n)
{
    return std::to_string (n) + (n == 1 ? " byte" : " bytes");
}

class ElementsPacker final : public Packer
{
public:
    explicit ElementsPacker (uint32_t elementSize) noexcept
    : _size (elementSize)
    {
    }

    // The rest of an incomplete element lies after the complete elements of the previous batch.
    bool pack (Input& input, Batch& batch) override
    {
        std::memmove (batch.at (0), batch.at (_restAt), _rest);
        _restAt = 0;
        const std::size_t got = input.read (batch.at (0) + _rest, batch.most () * _size - _rest);
        if (got == 0 && _rest != 0)
        {
            throw Stop (Failed, "the input ends in the middle of an element: " + bytesText (_rest) + " of "
                                    + std::to_string (_size));
        }
        const std::size_t total = _rest + got;
        _restAt = total / _size;
        _rest = total % _size;
        batch.add (_restAt);
        return got != 0;
    }

private:
    const uint32_t _size;
    std::size_t _rest = 0;
    uint64_t _restAt = 0;
};

class TextPacker : public Packer
{
public:
    explicit TextPacker (uint32_t elementSize)
    : size (elementSize)
    , _text (std::size_t (64) << 10)
    {
    }

    bool pack (Input& input, Batch& batch) final
    {
        if (_at == _end)
        {
            _at = 0;
            _end = input.read (_text.data (), _text.size ());
            if (_end == 0)
            {
                finish (batch);
                return false;
            }
        }
        while (_at != _end && !batch.full ())
        {
            _at += take (_text.data () + _at, _end - _at, batch);
        }
        return true;
    }

protected:
    /// Consumes bytes up to the end of a line. @return their number
    virtual std::size_t take (const char* text, std::size_t bytes, Batch& batch) = 0;

    /// Ends the input; the last line needs no newline.
    virtual void finish (Batch& batch) = 0;

    [[noreturn]] void refuse (const std::string& why) const
    {
        throw Stop (Failed, "line " + std::to_string (number) + " of the input " + why);
    }

    const uint32_t size;
    uint64_t number = 1;  // of the current line

private:
    std::vector<char> _text;
    std::size_t _at = 0;
    std::size_t _end = 0;
};

class LinesPacker final : public TextPacker
{
public:
    LinesPacker (uint32_t elementSize, bool truncate)
    : TextPacker (elementSize)
    , _truncate (truncate)
    {
    }

protected:
    std::size_t take (const char* text, std::size_t bytes, Batch& batch) override
    {
        const void* newline = std::memchr (text, '\n', bytes);
        const std::size_t length =
            newline != nullptr ? static_cast<std::size_t> (static_cast<const char*> (newline) - text) : bytes;
        append (text, length);
        if (newline == nullptr)
        {
            return bytes;
        }
        complete (batch);
        return length + 1;
    }

    void finish (Batch& batch) override
    {
        if (!_line.empty ())
        {
            complete (batch);
        }
    }

private:
    void append (const char* text, std::size_t bytes)
    {
        const std::size_t room = size - _line.size ();
        if (bytes > room && !_truncate)
        {
            refuse ("is longer than an element of " + bytesText (size) + ": --truncate cuts it");
        }
        _line.append (text, std::min (bytes, room));
        if (std::memchr (text, '\0', std::min (bytes, room)) != nullptr)
        {
            refuse ("has a NUL byte, at which pop would end it: use --elements or --hex");
        }
    }

    void complete (Batch& batch)
    {
        batch.add (_line.data (), _line.size ());
        _line.clear ();
        ++number;
    }

    const bool _truncate;
    std::string _line;
};

class HexPacker final : public TextPacker
{
public:
    explicit HexPacker (uint32_t elementSize)
    : TextPacker (elementSize)
    , _element (elementSize)
    {
    }

protected:
    std::size_t take (const char* text, std::size_t bytes, Batch& batch) override
    {
        for (std::size_t i = 0; i < bytes; ++i)
        {
            if (text[i] == '\n')
            {
                complete (batch);
                return i + 1;
            }
            _begun = true;
            digit (text[i]);
        }
        return bytes;
    }

    void finish (Batch& batch) override
    {
        if (_begun)
        {
            complete (batch);
        }
    }

private:
    void digit (char c)
    {
        if (c == ' ' || c == '\t' || c == '\r')
        {
            return;
        }
        const int value = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (value == -1)
        {
            refuse ("has characters other than hexadecimal digits");
        }
        if (_digits == 2 * uint64_t (size))
        {
            refuse ("has more than the " + std::to_string (_digits) + " digits of an element of " + bytesText (size));
        }
        char& byte = _element[_digits++ / 2];
        byte = static_cast<char> ((static_cast<unsigned char> (byte) << 4) | value);
    }

    void complete (Batch& batch)
    {
        if (_digits != 2 * uint64_t (size))
        {
            refuse ("has " + std::to_string (_digits) + " digits, but an element of " + bytesText (size) + " has "
                    + std::to_string (2 * uint64_t (size)));
        }
        batch.add (_element.data (), _element.size ());
        _digits = 0;
        _begun = false;
        ++number;
    }

    std::vector<char> _element;
    uint64_t _digits = 0;
    bool _begun = false;  // the line is not empty
};
}  // namespace

Batch::Batch (uint32_t elementSize)
: _elementSize (elementSize)
, _most (std::max<uint64_t> (1, batchBytes / elementSize))
, _bytes (_most * elementSize)
{
}

void Batch::add (const char* from, std::size_t bytes) noexcept
{
    char* to = at (_count++);
    std::memcpy (to, from, bytes);
    std::memset (to + bytes, 0, _elementSize - bytes);
}

std::unique_ptr<Packer> packerOf (const Options& options, uint32_t elementSize)
{
    switch (options.format ())
    {
        case Format::Elements:
            return std::make_unique<ElementsPacker> (elementSize);
        case Format::Hex:
            return std::make_unique<HexPacker> (elementSize);
        default:
            return std::make_unique<LinesPacker> (elementSize, options.truncate);
    }
}

}  // namespace tool::stream
