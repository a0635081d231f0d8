// SPDX-License-Identifier: MIT
// A failure on its way up: an errno and the sentence for a person. Every sentence of the library is made here, in a fixed
// buffer, so that running out of memory can be told as well.
#ifndef JOIN_SRC_FAILURE_HPP
#define JOIN_SRC_FAILURE_HPP

#include <join/error.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
class Failure
{
public:
    Failure () noexcept = default;

    /// @param error an errno, not 0; the sentence as of printf, cut when too long
    __attribute__ ((format (printf, 3, 4))) Failure (int error, const char* format, ...) noexcept;

    /// Without words, for a failure that the caller is sure to replace.
    explicit Failure (int error) noexcept
    : _error (error)
    {
        _text[0] = '\0';
    }

    explicit operator bool () const noexcept
    {
        return _error != 0;
    }

    int error () const noexcept
    {
        return _error;
    }

    const char* text () const noexcept
    {
        return _text;
    }

private:
    int _error = 0;
    char _text[444];  // not initialised: a success costs nothing
};

/// Sets lastError of this thread to the failure, its sentence followed by the errno's own words. @return -1
int fail (const Failure& failure) noexcept;
__attribute__ ((format (printf, 2, 3))) int fail (int error, const char* format, ...) noexcept;

/// The same for a sentence that needs no words of its own: as cheap as an assignment, for polls. @return -1
inline int say (int error, const char* sentence) noexcept
{
    lastError.assign (error, sentence);
    return -1;
}

/// The same for an exception that was caught: `sentence` is taken as it is. @return -1
int failWith (const std::error_code& code, const char* sentence) noexcept;

/// @throw std::system_error with the failure's errno and sentence
[[noreturn]] void raise (const Failure& failure);

/// The sentence of this thread's lastError, never null, good until the thread's next failure.
const char* lastText () noexcept;

/// lastError as it is now, for a call that tells a failure on its way and succeeds. What it puts back is good as long as no
/// sentence was made in between.
class KeptError
{
public:
    KeptError () noexcept;
    KeptError (const KeptError&) = delete;
    KeptError& operator= (const KeptError&) = delete;

    void restore () const noexcept;

private:
    const LastError _code;
    const char* const _text;
};

/// "64 MiB", "4 KiB", "5000 bytes": exact where it divides, else with one decimal.
struct SizeText
{
    explicit SizeText (uint64_t bytes) noexcept;

    char text[32];
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
