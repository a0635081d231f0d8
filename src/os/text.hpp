// SPDX-License-Identifier: MIT
// Reads the kernel's text files in /proc and /sys line by line.
#ifndef JOIN_SRC_OS_TEXT_HPP
#define JOIN_SRC_OS_TEXT_HPP

#include "scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// A text file that is read once, from its beginning. A line that is longer than its buffer, 4 KiB, comes in pieces.
class TextFile
{
public:
    explicit TextFile (const char* path) noexcept;
    TextFile (const TextFile&) = delete;
    TextFile& operator= (const TextFile&) = delete;
    ~TextFile ();

    /// 0, or the errno for which it cannot be read (further): ENOMEM without a buffer.
    int error () const noexcept
    {
        return _error;
    }

    /// The next line without its newline, terminated by 0, valid until the next call; null after the last line.
    char* line () noexcept;

private:
    bool fill () noexcept;

    int _file = -1;
    int _error = 0;
    std::size_t _begin = 0;
    std::size_t _end = 0;

    struct Buffer
    {
        char text[4097];
    };
    Scratch<Buffer> _buffer;
};

inline bool startsWith (const char* line, const char* words) noexcept
{
    return std::strncmp (line, words, std::strlen (words)) == 0;
}

/// The number after the words with which the line begins.
inline uint64_t numberAfter (const char* line, const char* words) noexcept
{
    return std::strtoull (line + std::strlen (words), nullptr, 10);
}

/// Reads the number with which the file begins. EINVAL: it begins with none.
int readNumber (const char* path, uint64_t* number) noexcept;

/// Returns that number, or `otherwise` if the file begins with none ("max") or cannot be read.
uint64_t numberIn (const char* path, uint64_t otherwise) noexcept;

/// Copies the first line, cut to fit; "" if there is none.
void firstLine (const char* path, char* text, std::size_t size) noexcept;

/// Decodes the escapes of proc(5) in a path, such as \040 for a space, in place.
void unescape (char* path) noexcept;

/// Copies the word in brackets from a first line such as "always [madvise] never"; the whole line without brackets.
void chosenWord (const char* path, char* text, std::size_t size) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
