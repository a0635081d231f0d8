// SPDX-License-Identifier: MIT
// Failures inside the library: an errno and a sentence for the user, returned by value. A sentence is formatted into a
// fixed buffer, so that a failure for lack of memory has one too.
#ifndef JOIN_SRC_BASE_FAILURE_HPP
#define JOIN_SRC_BASE_FAILURE_HPP

#include <join/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// What the caller should do after a failure. The errno alone does not determine it: system calls fail with the same
/// errnos for other reasons.
enum class Signal : unsigned char
{
    None,
    Missing,   ///< the name does not exist: try the next folder, or create it
    LostRace,  ///< another process came first, or is about to remove the name: try again
};

class Failure
{
public:
    Failure () noexcept = default;

    /// @param error an errno, not 0
    /// @param format the sentence, as for printf(3); a long one is cut
    __attribute__ ((format (printf, 3, 4))) Failure (int error, const char* format, ...) noexcept;

    /// A failure without a sentence, which the caller replaces.
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

    /// Sets the signal. @return this failure
    Failure& as (Signal signal) noexcept
    {
        _signal = signal;
        return *this;
    }

    bool is (Signal signal) const noexcept
    {
        return _signal == signal;
    }

    const char* text () const noexcept
    {
        return _text;
    }

private:
    int _error = 0;
    Signal _signal = Signal::None;
    char _text[443];  // not initialised, so that a success costs nothing
};

/// Sets this thread's lastError to the failure: its sentence, followed by the description of the errno. Without memory
/// for a sentence, the description alone remains. @return -1
int fail (const Failure& failure) noexcept;
__attribute__ ((format (printf, 2, 3))) int fail (int error, const char* format, ...) noexcept;

/// Sets lastError to a constant sentence. Costs an assignment, for calls that poll. @return -1
inline int setError (int error, const char* sentence) noexcept
{
    lastError.assign (error, sentence);
    return -1;
}

/// Sets lastError to the code of a caught exception; `sentence` is used unchanged. @return -1
int failWith (const std::error_code& code, const char* sentence) noexcept;

/// Sets lastError to the exception that is being handled. Call it inside a catch block. @return -1
int failCaught () noexcept;

/// Throws the failure.
/// @param category the generic category of the program that catches it, which inline code of the program passes
/// @throw std::system_error with the failure's errno and sentence
[[noreturn]] void raise (const Failure& failure, const std::error_category& category = std::generic_category ());

/// Bytes of a sentence, including its terminator.
constexpr std::size_t sentenceSize = 640;

/// This thread's buffer for a new sentence, which is not the one that lastError uses. It lasts until the thread ends.
/// @return null without memory
char* threadSentence () noexcept;

/// Whether the sentence of lastError is in this buffer.
bool isLastSentence (const char* buffer) noexcept;

/// Called before the buffer is freed: lastError gives up a sentence in it.
void loseSentence (const char* buffer) noexcept;

/// The sentence of this thread's lastError; never null, valid until the thread's next failure.
const char* lastText () noexcept;

/// Saves lastError, for a call that sets it on the way and then succeeds. restore () is valid if at most one sentence
/// was made in between.
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

/// Saves errno and restores it at the end of the scope: a call that succeeds leaves errno unchanged.
class KeptErrno
{
public:
    KeptErrno () noexcept = default;
    KeptErrno (const KeptErrno&) = delete;
    KeptErrno& operator= (const KeptErrno&) = delete;

    ~KeptErrno ()
    {
        errno = _before;
    }

private:
    const int _before = errno;
};

/// A size as text: "64 MiB", "4 KiB", "5000 bytes". Exact if the unit divides it, and below 1 MiB; else one decimal.
struct SizeText
{
    explicit SizeText (uint64_t bytes) noexcept;

    char text[32];
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
