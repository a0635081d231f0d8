// SPDX-License-Identifier: MIT
// Shared by the unit tests: names that no two runs have in common, and the errno of an exception.
#ifndef JOIN_TESTS_UNIT_SUPPORT_HPP
#define JOIN_TESTS_UNIT_SUPPORT_HPP

#include <join/memory.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <unistd.h>

/// A segment name unique to this test, unlinked before and after.
class Name
{
public:
    explicit Name (const char* what)
    : _text ("/joinmem-test-" + std::to_string (::getpid ()) + "-" + what)
    {
        join::ShmMem::unlink (_text);
    }

    Name (const Name&) = delete;
    Name& operator= (const Name&) = delete;

    ~Name ()
    {
        join::ShmMem::unlink (_text);
    }

    operator std::string_view () const
    {
        return _text;
    }

    const char* c_str () const
    {
        return _text.c_str ();
    }

    std::string path () const
    {
        return "/dev/shm" + _text;
    }

    bool exists () const
    {
        return ::access (path ().c_str (), F_OK) == 0;
    }

private:
    std::string _text;
};

/// AddressSanitizer and ThreadSanitizer intercept mlock(2) and lock nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool locksForReal = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool locksForReal = false;
#else
constexpr bool locksForReal = true;
#endif
#else
constexpr bool locksForReal = true;
#endif

/// The errno of the std::system_error that `call` throws, 0 if it throws none; its message goes to `said`.
template <typename Call>
int thrown (Call call, std::string* said = nullptr)
{
    try
    {
        call ();
    }
    catch (const std::system_error& error)
    {
        if (said != nullptr)
        {
            *said = error.what ();
        }
        return error.code ().value ();
    }
    return 0;
}

/// Creates either kind of memory, so that one test body serves both.
struct MakeLocal
{
    using Type = join::LocalMem;

    Type make (uint64_t size, const join::MemOptions& options = join::MemOptions ()) const
    {
        return Type (size, options);
    }
};

struct MakeShared
{
    using Type = join::ShmMem;

    Name name {"memory"};

    Type make (uint64_t size, const join::MemOptions& options = join::MemOptions ()) const
    {
        join::ShmMem::unlink (name);
        return Type (size, name, options);
    }
};

#endif
