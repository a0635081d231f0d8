// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
// The one place that reaches into a LastError.
struct LastErrorAccess
{
    static void set (LastError& error, const std::error_code& code, const char* text) noexcept
    {
        error.assign (code.value (), code.category ());
        error._text = text;
    }

    static const char* text (const LastError& error) noexcept
    {
        return error._text;
    }
};

namespace
{
// Of its thread: no allocation, so that a failure can be told when there is no memory.
__thread char sentence[640];

const char* wordsOf (int error) noexcept
{
    const char* words = strerrordesc_np (error);
    return words != nullptr ? words : "unknown error";
}

void tell (int error, const char* text) noexcept
{
    std::snprintf (sentence, sizeof (sentence), "%.500s: %.100s", text, wordsOf (error));
    LastErrorAccess::set (lastError, std::error_code (error, std::system_category ()), sentence);
}
}  // namespace

Failure::Failure (int error, const char* format, ...) noexcept
: _error (error)
{
    va_list arguments;
    va_start (arguments, format);
    std::vsnprintf (_text, sizeof (_text), format, arguments);
    va_end (arguments);
}

int fail (const Failure& failure) noexcept
{
    tell (failure.error (), failure.text ());
    return -1;
}

int fail (int error, const char* format, ...) noexcept
{
    char text[sizeof (sentence)];
    va_list arguments;
    va_start (arguments, format);
    std::vsnprintf (text, sizeof (text), format, arguments);
    va_end (arguments);
    tell (error, text);
    return -1;
}

int failWith (const std::error_code& code, const char* text) noexcept
{
    std::snprintf (sentence, sizeof (sentence), "%s", text);
    LastErrorAccess::set (lastError, code, sentence);
    return -1;
}

void raise (const Failure& failure)
{
    throw std::system_error (failure.error (), std::system_category (), failure.text ());
}

const char* lastText () noexcept
{
    const char* text = LastErrorAccess::text (lastError);
    if (text != nullptr)
    {
        return text;
    }
    const std::error_code code = lastError;
    if (code.category () == std::system_category () || code.category () == std::generic_category ())
    {
        return code.value () != 0 ? wordsOf (code.value ()) : "no error";
    }
    try
    {
        std::snprintf (sentence, sizeof (sentence), "%s", code.message ().c_str ());
    }
    catch (const std::bad_alloc&)
    {
        std::snprintf (sentence, sizeof (sentence), "%s error %d", code.category ().name (), code.value ());
    }
    return sentence;
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
