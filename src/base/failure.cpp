// SPDX-License-Identifier: MIT
// Failures and their sentences: formatting, the last error of a thread, and the conversion from and to exceptions.
#include "base/failure.hpp"

#include "base/utf8.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

namespace join
{
inline namespace JOIN_ABI
{
// The only access to the private parts of a LastError.
struct LastErrorAccess
{
    static void set (LastError& error, const LastError& code, const char* text) noexcept
    {
        error = code;
        error._text = text;
    }

    static const char* text (const LastError& error) noexcept
    {
        return error._text;
    }
};

namespace
{
const char* wordsOf (int error) noexcept
{
    const char* words = strerrordesc_np (error);
    return words != nullptr ? words : "unknown error";
}

void storeError (int error, const char* text) noexcept
{
    char* sentence = threadSentence ();
    if (sentence != nullptr)
    {
        const int length = static_cast<int> (cutLength (text, 500));
        std::snprintf (sentence, sentenceSize, "%.*s: %.100s", length, text, wordsOf (error));
    }
    lastError.assign (error, sentence);
}
}  // namespace

Failure::Failure (int error, const char* format, ...) noexcept
: _error (error)
{
    va_list arguments;
    va_start (arguments, format);
    std::vsnprintf (_text, sizeof (_text), format, arguments);
    va_end (arguments);
    makeUtf8 (_text);
}

int fail (const Failure& failure) noexcept
{
    storeError (failure.error (), failure.text ());
    return -1;
}

int fail (int error, const char* format, ...) noexcept
{
    char text[sentenceSize];
    va_list arguments;
    va_start (arguments, format);
    std::vsnprintf (text, sizeof (text), format, arguments);
    va_end (arguments);
    makeUtf8 (text);
    storeError (error, text);
    return -1;
}

int failWith (const std::error_code& code, const char* text) noexcept
{
    char* sentence = threadSentence ();
    if (sentence != nullptr)
    {
        std::snprintf (sentence, sentenceSize, "%s", text);
        makeUtf8 (sentence);
    }
    LastErrorAccess::set (lastError, LastError (code.value (), code.category ()), sentence);
    return -1;
}

int failCaught () noexcept
{
    try
    {
        throw;
    }
    catch (const std::system_error& error)
    {
        return failWith (error.code (), error.what ());
    }
    catch (const std::out_of_range& error)
    {
        return fail (ERANGE, "%s", error.what ());
    }
    catch (const std::overflow_error& error)
    {
        return fail (EOVERFLOW, "%s", error.what ());
    }
    catch (const std::bad_alloc&)
    {
        return fail (ENOMEM, "the library found no memory for itself");
    }
    catch (const std::exception& error)
    {
        return fail (ENOTRECOVERABLE, "%s", error.what ());
    }
    catch (...)
    {
        return fail (ENOTRECOVERABLE, "an exception of an unknown type");
    }
}

void raise (const Failure& failure, const std::error_category& category)
{
    throw std::system_error (failure.error (), category, failure.text ());
}

const char* lastText () noexcept
{
    const char* text = LastErrorAccess::text (lastError);
    if (text != nullptr)
    {
        return text;
    }
    const std::error_code code = lastError;
    if (detail::comparand (lastError).sort == detail::Sort::Errno)
    {
        return code.value () != 0 ? wordsOf (code.value ()) : "no error";
    }
    char* sentence = threadSentence ();
    if (sentence == nullptr)
    {
        return "an error of another category";
    }
    try
    {
        std::snprintf (sentence, sentenceSize, "%s", code.message ().c_str ());
    }
    catch (const std::bad_alloc&)
    {
        std::snprintf (sentence, sentenceSize, "%s error %d", code.category ().name (), code.value ());
    }
    makeUtf8 (sentence);
    return sentence;
}

bool isLastSentence (const char* buffer) noexcept
{
    return LastErrorAccess::text (lastError) == buffer;
}

void loseSentence (const char* buffer) noexcept
{
    if (isLastSentence (buffer))
    {
        LastErrorAccess::set (lastError, LastError (lastError), nullptr);
    }
}

KeptError::KeptError () noexcept
: _code (lastError)
, _text (LastErrorAccess::text (lastError))
{
}

void KeptError::restore () const noexcept
{
    LastErrorAccess::set (lastError, _code, _text);
}

SizeText::SizeText (uint64_t bytes) noexcept
{
    static const char* const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    while (unit < 6 && bytes >= (uint64_t (1024) << (10 * unit)))
    {
        ++unit;
    }
    const uint64_t one = uint64_t (1) << (10 * unit);
    if (bytes % one == 0)
    {
        std::snprintf (text, sizeof (text), "%llu %s", static_cast<unsigned long long> (bytes / one), units[unit]);
    }
    else if (unit == 1)
    {
        std::snprintf (text, sizeof (text), "%llu bytes", static_cast<unsigned long long> (bytes));
    }
    else
    {
        std::snprintf (text, sizeof (text), "%.1f %s", static_cast<double> (bytes) / static_cast<double> (one),
                       units[unit]);
    }
}

}  // namespace JOIN_ABI
}  // namespace join
