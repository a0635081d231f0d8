// SPDX-License-Identifier: MIT
// Reads text files of /proc and /sys through a buffer on the heap.
#include "text.hpp"

#include "descriptors.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
TextFile::TextFile (const char* path) noexcept
: _error (keepDescriptor (::open (path, O_RDONLY | O_CLOEXEC), &_file))
{
    if (_file != -1 && !_buffer)
    {
        _error = ENOMEM;
    }
}

TextFile::~TextFile ()
{
    if (_file != -1)
    {
        ::close (_file);
    }
}

bool TextFile::fill () noexcept
{
    std::memmove (_buffer->text, _buffer->text + _begin, _end - _begin);
    _end -= _begin;
    _begin = 0;
    ssize_t got;
    do
    {
        got = ::read (_file, _buffer->text + _end, sizeof (_buffer->text) - 1 - _end);
    }
    while (got == -1 && errno == EINTR);
    if (got <= 0)
    {
        _error = got == -1 ? errno : _error;
        return false;
    }
    _end += static_cast<std::size_t> (got);
    return true;
}

char* TextFile::line () noexcept
{
    if (_file == -1 || !_buffer)
    {
        return nullptr;
    }
    char* const buffer = _buffer->text;
    for (;;)
    {
        char* start = buffer + _begin;
        void* newline = std::memchr (start, '\n', _end - _begin);
        const bool full = _begin == 0 && _end == sizeof (_buffer->text) - 1;
        if (newline == nullptr && !full && fill ())
        {
            continue;
        }
        if (_begin == _end)
        {
            return nullptr;
        }
        start = buffer + _begin;
        char* stop = newline != nullptr ? static_cast<char*> (newline) : buffer + _end;
        _begin = static_cast<std::size_t> (stop - buffer) + (newline != nullptr ? 1 : 0);
        *stop = '\0';
        return start;
    }
}

int readNumber (const char* path, uint64_t* number) noexcept
{
    TextFile file (path);
    const char* line = file.line ();
    if (line == nullptr)
    {
        return file.error () != 0 ? file.error () : EINVAL;
    }
    if (line[0] < '0' || line[0] > '9')
    {
        return EINVAL;
    }
    *number = std::strtoull (line, nullptr, 10);
    return 0;
}

uint64_t numberIn (const char* path, uint64_t otherwise) noexcept
{
    uint64_t number = 0;
    return readNumber (path, &number) == 0 ? number : otherwise;
}

void firstLine (const char* path, char* text, std::size_t size) noexcept
{
    TextFile file (path);
    const char* line = file.line ();
    std::snprintf (text, size, "%s", line != nullptr ? line : "");
}

void unescape (char* path) noexcept
{
    char* to = path;
    for (const char* from = path; *from != '\0'; ++to)
    {
        if (from[0] == '\\' && from[1] != '\0' && from[2] != '\0' && from[3] != '\0')
        {
            *to = static_cast<char> (((from[1] - '0') << 6) | ((from[2] - '0') << 3) | (from[3] - '0'));
            from += 4;
        }
        else
        {
            *to = *from++;
        }
    }
    *to = '\0';
}

void chosenWord (const char* path, char* text, std::size_t size) noexcept
{
    char line[128];
    firstLine (path, line, sizeof (line));
    char* open = std::strchr (line, '[');
    char* close = open != nullptr ? std::strchr (open, ']') : nullptr;
    if (close != nullptr)
    {
        *close = '\0';
    }
    std::snprintf (text, size, "%s", close != nullptr ? open + 1 : line);
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
