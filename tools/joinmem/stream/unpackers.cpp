// SPDX-License-Identifier: MIT
// Converts elements to output.
#include "formats.hpp"

#include <cstring>
#include <string>

namespace tool::stream
{
namespace
{
class ElementsUnpacker final : public Unpacker
{
public:
    explicit ElementsUnpacker (uint32_t elementSize) noexcept
    : _size (elementSize)
    {
    }

    void unpack (Output& output, char* elements, uint64_t n) override
    {
        output.write (elements, n * _size);
    }

private:
    const uint32_t _size;
};

class LinesUnpacker final : public Unpacker
{
public:
    explicit LinesUnpacker (uint32_t elementSize) noexcept
    : _size (elementSize)
    {
    }

    void unpack (Output& output, char* elements, uint64_t n) override
    {
        _text.clear ();
        for (uint64_t i = 0; i < n; ++i)
        {
            const char* element = elements + i * _size;
            _text.append (element, ::strnlen (element, _size));
            _text += '\n';
        }
        output.write (_text.data (), _text.size ());
    }

private:
    const uint32_t _size;
    std::string _text;
};

class HexUnpacker final : public Unpacker
{
public:
    explicit HexUnpacker (uint32_t elementSize) noexcept
    : _size (elementSize)
    {
    }

    void unpack (Output& output, char* elements, uint64_t n) override
    {
        static const char digits[] = "0123456789abcdef";
        _text.clear ();
        for (uint64_t i = 0; i < n; ++i)
        {
            for (uint32_t j = 0; j < _size; ++j)
            {
                const unsigned char byte = static_cast<unsigned char> (elements[i * _size + j]);
                _text += digits[byte >> 4];
                _text += digits[byte & 15];
            }
            _text += '\n';
        }
        output.write (_text.data (), _text.size ());
    }

private:
    const uint32_t _size;
    std::string _text;
};
}  // namespace

std::unique_ptr<Unpacker> unpackerOf (const Options& options, uint32_t elementSize)
{
    switch (options.format ())
    {
        case Format::Elements:
            return std::make_unique<ElementsUnpacker> (elementSize);
        case Format::Hex:
            return std::make_unique<HexUnpacker> (elementSize);
        default:
            return std::make_unique<LinesUnpacker> (elementSize);
    }
}

}  // namespace tool::stream
