// SPDX-License-Identifier: MIT
#include "text.hpp"

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
: _file (::open (path, O_RDONLY | O_CLOEXEC))
{
    if (_file == -1)
    {
        _error = errno;
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
    std::memmove (_buffer, _buffer + _begin, _end - _begin);
    _end -= _begin;
    _begin = 0;
    ssize_t got;
    do
    {
        got = ::read (_file, _buffer + _end, sizeof (_buffer) - 1 - _end);
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
    if (_file == -1)
    {
        return nullptr;
    }
    for (;;)
    {
        char* start = _buffer + _begin;
        void* newline = std::memchr (start, '\n', _end - _begin);
        const bool full = _begin == 0 && _end == sizeof (_buffer) - 1;
        if (newline == nullptr && !full && fill ())
        {
            continue;
        }
        if (_begin == _end)
        {
            return nullptr;
        }
        start = _buffer + _begin;
        char* stop = newline != nullptr ? static_cast<char*> (newline) : _buffer + _end;
        _begin = static_cast<std::size_t> (stop - _buffer) + (newline != nullptr ? 1 : 0);
        *stop = '\0';
        return start;
    }
}

uint64_t numberIn (const char* path, uint64_t otherwise) noexcept
{
    char text[64];
    firstLine (path, text, sizeof (text));
    if (text[0] < '0' || text[0] > '9')
    {
        return otherwise;
    }
    return std::strtoull (text, nullptr, 10);
}

void firstLine (const char* path, char* text, std::size_t size) noexcept
{
    TextFile file (path);
    const char* line = file.line ();
    std::snprintf (text, size, "%s", line != nullptr ? line : "");
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
