// SPDX-License-Identifier: MIT
/// What went wrong, and how to ask for it.
///
///     if (mem.mbind (1) == -1)
///     {
///         std::cerr << join::lastError.message () << "\n";           // a sentence: what, how much, the way out
///         if (join::lastError == join::Errc::OutOfMemory) shrink (); // a class of errors, whatever its errno
///     }
///
/// Functions that return -1 set lastError, constructors throw std::system_error. What succeeds leaves lastError alone.
/// The sentence is the thread's: take message () at once; a copy of lastError keeps the code alone.
#ifndef JOIN_ERROR_HPP
#define JOIN_ERROR_HPP

#include <join/detail/abi.hpp>

#include <string>
#include <system_error>
#include <type_traits>

namespace join
{
inline namespace JOIN_ABI
{
/// Classes of errors, to compare with: each stands for the errno values named beside it.
enum class Errc
{
    TemporaryError = 1,  ///< EAGAIN: full, empty, or try again
    TimedOut,            ///< ETIMEDOUT
    InvalidParam,        ///< EINVAL, EFAULT
    NotFound,            ///< ENOENT
    InUse,               ///< EEXIST, EBUSY
    PermissionDenied,    ///< EACCES, EPERM
    OutOfMemory,         ///< ENOMEM, ENOSPC, EMFILE, ENFILE, ENOLCK
    OperationFailed,     ///< EBADF, and every other errno that Linux knows
    UnknownError,        ///< anything else
};

/// The category of codes made from Errc; its name () is "join". Any thread.
JOIN_EXPORT const std::error_category& errorCategory () noexcept;
JOIN_EXPORT std::error_code make_error_code (Errc code) noexcept;
JOIN_EXPORT std::error_condition make_error_condition (Errc code) noexcept;

/// The calling thread's last failure. Used as a std::error_code is: message, value, ==, if, assigned, copied into one.
/// It is a type of its own so that reading it needs no initialiser, and so that message () can say more than an errno.
class JOIN_EXPORT LastError
{
public:
    constexpr LastError () noexcept = default;

    /// Copies keep the code and leave the sentence, which belongs to the thread.
    LastError (const LastError& other) noexcept
    : _category (other._category)
    , _value (other._value)
    {
    }

    LastError& operator= (const LastError& other) noexcept
    {
        if (this != &other)
        {
            assign (other._value, other.category ());
        }
        return *this;
    }

    LastError& operator= (const std::error_code& code) noexcept
    {
        assign (code.value (), code.category ());
        return *this;
    }

    void assign (int value, const std::error_category& category) noexcept
    {
        _category = &category;
        _text = nullptr;
        _value = value;
    }

    /// An errno with a sentence that lives as long as the program: a few stores, for a queue that is polled.
    void assign (int error, const char* sentence) noexcept
    {
        _category = nullptr;
        _text = sentence;
        _value = error;
    }

    void clear () noexcept
    {
        _category = nullptr;
        _text = nullptr;
        _value = 0;
    }

    int value () const noexcept
    {
        return _value;
    }

    const std::error_category& category () const noexcept
    {
        return _category != nullptr ? *_category : std::system_category ();
    }

    std::error_condition default_error_condition () const noexcept
    {
        return category ().default_error_condition (_value);
    }

    /// The sentence of the failure where the library made one, else the category's words for the value.
    std::string message () const
    {
        return _text != nullptr ? std::string (_text) : category ().message (_value);
    }

    explicit operator bool () const noexcept
    {
        return _value != 0;
    }

    operator std::error_code () const noexcept
    {
        return std::error_code (_value, category ());
    }

private:
    friend struct LastErrorAccess;  // the library's own, in src/

    const std::error_category* _category = nullptr;  // null: the system's
    const char* _text = nullptr;                     // in a buffer of this thread's
    int _value = 0;
};

inline bool operator== (const LastError& a, const std::error_code& b) noexcept
{
    return static_cast<std::error_code> (a) == b;
}
inline bool operator== (const LastError& a, const std::error_condition& b) noexcept
{
    return static_cast<std::error_code> (a) == b;
}
inline bool operator!= (const LastError& a, const std::error_code& b) noexcept
{
    return !(a == b);
}
inline bool operator!= (const LastError& a, const std::error_condition& b) noexcept
{
    return !(a == b);
}
#if __cplusplus < 202002L
inline bool operator== (const std::error_code& a, const LastError& b) noexcept
{
    return b == a;
}
inline bool operator== (const std::error_condition& a, const LastError& b) noexcept
{
    return b == a;
}
inline bool operator!= (const std::error_code& a, const LastError& b) noexcept
{
    return !(b == a);
}
inline bool operator!= (const std::error_condition& a, const LastError& b) noexcept
{
    return !(b == a);
}
#endif

/// One object a thread, for all shared objects of the process. __thread, unlike thread_local, promises that it is
/// initialised statically, so that an access is an address and not a call of an initialiser; initial-exec, that it is
/// none of __tls_get_addr () either, in the shared libraries of others.
extern JOIN_EXPORT __thread LastError lastError __attribute__ ((tls_model ("initial-exec")));

}  // namespace JOIN_ABI
}  // namespace join

template <>
struct std::is_error_condition_enum<join::Errc> : std::true_type
{
};

#endif
