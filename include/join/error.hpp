// SPDX-License-Identifier: MIT
/// The last error of the calling thread, and classes of errors to compare it with.
///
///     if (mem.mbind (1) == -1)
///     {
///         std::cerr << join::lastError.message () << "\n";           // a sentence: cause, figures, remedy
///         if (join::lastError == join::Errc::OutOfMemory) shrink (); // a class of errors, whatever its errno
///     }
///
/// Functions that return -1 set lastError; constructors throw std::system_error. Success leaves lastError unchanged,
/// but for a batch of elements that a call with a timeout does in part. The sentence belongs to the thread and to its
/// last error: read message () at once, as a copy of lastError keeps only the code. An errno has the category
/// std::generic_category () of the program that reads it.
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
/// Classes of errors to compare with: each is equal to the errno values named beside it. Since: 0.1
enum class Errc
{
    TemporaryError = 1,  ///< EAGAIN: the queue is full or empty, or the call can be repeated
    TimedOut,            ///< ETIMEDOUT
    InvalidParam,        ///< EINVAL, EFAULT
    NotFound,            ///< ENOENT
    InUse,               ///< EEXIST, EBUSY
    PermissionDenied,    ///< EACCES, EPERM
    OutOfMemory,         ///< ENOMEM, ENOSPC, EMFILE, ENFILE, ENOLCK
    OperationFailed,     ///< EBADF, and every other errno that Linux defines
    UnknownError,        ///< any other code but 0
    ConnectionRefused,   ///< ECONNREFUSED, ENETUNREACH
    ConnectionClosed,    ///< EPIPE: the queue is shut down; ECONNRESET, ENOTCONN
    MessageUnknown,      ///< EBADMSG: not a queue, or a damaged one; ENOMSG, ENODATA
    MessageTooLong,      ///< EMSGSIZE
    TooManyProducers,    ///< EUSERS: no producer slot is left
    Canceled,            ///< ECANCELED: cancel () was called
    Interrupted,         ///< EINTR: a signal handler interrupted a wait
    WouldDeadlock,       ///< EDEADLK: a push of this thread has not ended
    ProducerDied,        ///< EOWNERDEAD: the queue is empty, and its last producers were killed

    // The terms of queues for classes above.
    WouldBlock = TemporaryError,       ///< the queue is full, or empty
    QueueShutDown = ConnectionClosed,  ///< the queue is shut down; for a pop also drained
    QueueDamaged = MessageUnknown,     ///< the segment is no queue, or damaged
};

}  // namespace JOIN_ABI
}  // namespace join

template <>
struct std::is_error_condition_enum<join::Errc> : std::true_type
{
};

namespace join
{
inline namespace JOIN_ABI
{
class LastError;

namespace detail
{
JOIN_EXPORT std::string classMessage (int code);
JOIN_EXPORT bool isOfClass (const std::error_code& code, int condition) noexcept;
}  // namespace detail

/// The category of codes made from Errc; its name () is "join".
/// Thread safety: all members may run at the same time. Since: 0.1
class ErrorCategory : public std::error_category
{
public:
    /// Returns "join".
    const char* name () const noexcept override
    {
        return "join";
    }

    /// Returns the words for an Errc, "out of memory or of another resource" for instance. @throw std::bad_alloc
    std::string message (int code) const override
    {
        return detail::classMessage (code);
    }

    /// Whether `code`, of any category, belongs to the class `condition`, an Errc.
    bool equivalent (const std::error_code& code, int condition) const noexcept override
    {
        return detail::isOfClass (code, condition);
    }

    using std::error_category::equivalent;
};

/// Returns the library's object of that category. Any thread.
JOIN_EXPORT const std::error_category& errorCategory () noexcept;

/// Returns the same object.
inline const std::error_category& getErrorCategory () noexcept
{
    return errorCategory ();
}

/// The result of make_error_code (): a std::error_code that is equal to every code of its class.
/// Thread safety: that of a std::error_code. Since: 0.1
class ErrcCode : public std::error_code
{
public:
    explicit ErrcCode (Errc code) noexcept
    : std::error_code (static_cast<int> (code), errorCategory ())
    {
    }
};

/// Makes a code from a class of errors; the standard library finds it by this name.
inline ErrcCode make_error_code (Errc code) noexcept
{
    return ErrcCode (code);
}

/// Makes a condition from a class of errors; the standard library finds it by this name.
inline std::error_condition make_error_condition (Errc code) noexcept
{
    return std::error_condition (static_cast<int> (code), errorCategory ());
}

namespace detail
{
enum class Sort
{
    Errno,  // a code of the generic or the system category, in any copy of the C++ library
    Class,  // a code of the category "join"
    Other,
};

/// Compares the category's name, as its address differs between copies of the C++ library.
JOIN_EXPORT Sort sortOf (const std::error_category& category) noexcept;

/// One side of a comparison: a code or a condition.
struct Comparand
{
    int value;
    Sort sort;
    bool isCondition;
    const std::error_category* category;  // used for Sort::Other
};

Comparand comparand (const LastError& error) noexcept;

template <typename T>
constexpr bool isCode = std::is_convertible<const T&, std::error_code>::value;
}  // namespace detail

/// The last error of a thread. It has the interface of a std::error_code and converts to one. As a type of its own it
/// needs no dynamic initialisation, and its message () can say more than an errno does.
///
/// Thread safety: that of a std::error_code; lastError is an object of each thread. Since: 0.1
class JOIN_EXPORT LastError
{
public:
    /// Makes an object without an error.
    constexpr LastError () noexcept = default;

    /// Makes an object with the code `value` of `category`.
    JOIN_HIDDEN LastError (int value, const std::error_category& category) noexcept
    {
        assign (value, category);
    }

    /// Copies the code without the sentence, which belongs to the thread.
    LastError (const LastError& other) noexcept
    : _category (other._category)
    , _value (other._value)
    {
    }

    /// Copies the code without the sentence.
    LastError& operator= (const LastError& other) noexcept
    {
        if (this != &other)
        {
            _category = other._category;
            _text = nullptr;
            _value = other._value;
        }
        return *this;
    }

    /// Takes the value and the category of anything that converts to a std::error_code.
    template <typename Code, typename = std::enable_if_t<detail::isCode<Code>>>
    LastError& operator= (const Code& code) noexcept
    {
        const std::error_code& input = code;
        assign (input.value (), input.category ());
        return *this;
    }

    /// Sets the code `value` of `category`, without a sentence.
    void assign (int value, const std::error_category& category) noexcept
    {
        _category = detail::sortOf (category) == detail::Sort::Errno ? nullptr : &category;
        _text = nullptr;
        _value = value;
    }

    /// Sets an errno by a few stores, as a queue that is polled needs it.
    /// @param sentence text that lives as long as the program
    void assign (int error, const char* sentence) noexcept
    {
        _category = nullptr;
        _text = sentence;
        _value = error;
    }

    /// Sets no error.
    void clear () noexcept
    {
        _category = nullptr;
        _text = nullptr;
        _value = 0;
    }

    /// Returns the value of the code, as a rule an errno; 0 for no error.
    int value () const noexcept
    {
        return _value;
    }

    /// Returns the category of the code, which for an errno is std::generic_category () of the calling program.
    JOIN_HIDDEN const std::error_category& category () const noexcept
    {
        return _category != nullptr ? *_category : std::generic_category ();
    }

    /// Returns the condition that the category gives for the value.
    JOIN_HIDDEN std::error_condition default_error_condition () const noexcept
    {
        return category ().default_error_condition (_value);
    }

    /// Returns the sentence that the library made for this error, or the category's words for the value if it made
    /// none.
    /// @throw std::bad_alloc
    JOIN_HIDDEN std::string message () const
    {
        return _text != nullptr ? std::string (_text) : category ().message (_value);
    }

    /// Whether there is an error.
    explicit operator bool () const noexcept
    {
        return _value != 0;
    }

    /// Converts to the code, without the sentence.
    JOIN_HIDDEN operator std::error_code () const noexcept
    {
        return _value != 0 ? std::error_code (_value, category ()) : std::error_code ();
    }

private:
    friend struct LastErrorAccess;  // in src/
    friend detail::Comparand detail::comparand (const LastError& error) noexcept;

    const std::error_category* _category = nullptr;  // null: the value is an errno
    const char* _text = nullptr;                     // constant, or in a buffer of this thread
    int _value = 0;
};

namespace detail
{
inline Comparand comparand (const LastError& error) noexcept
{
    const std::error_category* category = error._category;
    return Comparand {error._value, category == nullptr ? Sort::Errno : sortOf (*category), false, category};
}

inline Comparand comparand (const std::error_code& code) noexcept
{
    return Comparand {code.value (), sortOf (code.category ()), false, &code.category ()};
}

inline Comparand comparand (const std::error_condition& condition) noexcept
{
    return Comparand {condition.value (), sortOf (condition.category ()), true, &condition.category ()};
}

inline Comparand comparand (Errc code) noexcept
{
    return Comparand {static_cast<int> (code), Sort::Class, true, nullptr};
}

JOIN_EXPORT bool isErrnoOfClass (int error, int errc) noexcept;

/// Compares as std::error_code does, for categories of other libraries.
JOIN_HIDDEN inline bool sameAmongOthers (const Comparand& a, const Comparand& b) noexcept
{
    const auto categoryOf = [] (const Comparand& x) -> const std::error_category& {
        return x.sort == Sort::Errno   ? std::generic_category ()
               : x.sort == Sort::Class ? errorCategory ()
                                       : *x.category;
    };
    const std::error_code code (a.value, categoryOf (a));
    const std::error_code otherCode (b.value, categoryOf (b));
    if (a.isCondition == b.isCondition)
    {
        return code == otherCode;
    }
    return a.isCondition ? otherCode == std::error_condition (a.value, code.category ())
                         : code == std::error_condition (b.value, otherCode.category ());
}

/// Compares an errno with an errno by value, and an errno with a class by the table of Errc.
inline bool same (const Comparand& a, const Comparand& b) noexcept
{
    if (a.sort == Sort::Other || b.sort == Sort::Other)
    {
        return sameAmongOthers (a, b);
    }
    if (a.sort == b.sort)
    {
        return a.value == b.value;
    }
    return a.sort == Sort::Errno ? isErrnoOfClass (a.value, b.value) : isErrnoOfClass (b.value, a.value);
}

template <typename T>
constexpr bool isJoinError = std::is_same<T, LastError>::value || std::is_same<T, ErrcCode>::value;

template <typename T>
constexpr bool isComparand = isCode<T> || std::is_convertible<const T&, std::error_condition>::value;

template <typename A, typename B>
using IfComparable = std::enable_if_t<(isJoinError<A> || isJoinError<B>) &&isComparand<A> && isComparand<B>>;
}  // namespace detail

/// Compares lastError, or a code made from Errc, with any code or condition, on either side.
template <typename A, typename B, typename = detail::IfComparable<A, B>>
bool operator== (const A& a, const B& b) noexcept
{
    return detail::same (detail::comparand (a), detail::comparand (b));
}

template <typename A, typename B, typename = detail::IfComparable<A, B>>
bool operator!= (const A& a, const B& b) noexcept
{
    return !(a == b);
}

/// The last error of the calling thread: one object a thread, for all shared objects of the process. __thread, unlike
/// thread_local, guarantees static initialisation, so that an access calls no initialiser; initial-exec guarantees that
/// it does not call __tls_get_addr () either, in shared libraries that use the library.
extern JOIN_EXPORT __thread LastError lastError __attribute__ ((tls_model ("initial-exec")));

}  // namespace JOIN_ABI
}  // namespace join

#endif
