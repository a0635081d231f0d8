// SPDX-License-Identifier: MIT
// What the kernel tells in text files, line by line: /proc and /sys. No allocation.
#ifndef JOIN_SRC_OS_TEXT_HPP
#define JOIN_SRC_OS_TEXT_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// A text file that is read once, from its beginning. Lines longer than its buffer come in pieces.
class TextFile
{
public:
    explicit TextFile (const char* path) noexcept;
    TextFile (const TextFile&) = delete;
    TextFile& operator= (const TextFile&) = delete;
    ~TextFile ();

    /// 0, or why it cannot be read (further).
    int error () const noexcept
    {
        return _error;
    }

    /// The next line without its end, 0-terminated, good until the next call; null after the last.
    char* line () noexcept;

private:
    bool fill () noexcept;

    int _file = -1;
    int _error = 0;
    std::size_t _begin = 0;
    std::size_t _end = 0;
    char _buffer[4097];
};

/// The number that stands first in the file: EINVAL where there is none.
int readNumber (const char* path, uint64_t* number) noexcept;

/// The same; `otherwise` where there is none ("max"), or no file.
uint64_t numberIn (const char* path, uint64_t otherwise) noexcept;

/// The first line, cut to fit; "" when there is none.
void firstLine (const char* path, char* text, std::size_t size) noexcept;

/// What proc(5) escapes in paths, such as a space as \040, in place.
void unescape (char* path) noexcept;

/// The word in brackets of a line such as "always [madvise] never"; the whole line where there is none.
void chosenWord (const char* path, char* text, std::size_t size) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
