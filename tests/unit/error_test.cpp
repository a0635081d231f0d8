// SPDX-License-Identifier: MIT
#include <join/memory.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <thread>
#include <type_traits>

using join::Errc;
using join::lastError;

namespace
{
Errc classOf (int error)
{
    for (int i = 1; i <= static_cast<int> (Errc::UnknownError); ++i)
    {
        if (std::error_code (error, std::system_category ()) == static_cast<Errc> (i))
        {
            return static_cast<Errc> (i);
        }
    }
    return Errc {};
}
}  // namespace

TEST_CASE ("an errno belongs to the class that the documentation names")
{
    CHECK (classOf (EAGAIN) == Errc::TemporaryError);
    CHECK (classOf (ETIMEDOUT) == Errc::TimedOut);
    CHECK (classOf (EINVAL) == Errc::InvalidParam);
    CHECK (classOf (EFAULT) == Errc::InvalidParam);
    CHECK (classOf (ENOENT) == Errc::NotFound);
    CHECK (classOf (EEXIST) == Errc::InUse);
    CHECK (classOf (EBUSY) == Errc::InUse);
    CHECK (classOf (EACCES) == Errc::PermissionDenied);
    CHECK (classOf (EPERM) == Errc::PermissionDenied);
    for (int error : {ENOMEM, ENOSPC, EMFILE, ENFILE, ENOLCK})
    {
        CHECK (classOf (error) == Errc::OutOfMemory);
    }
    CHECK (classOf (EBADF) == Errc::OperationFailed);
    CHECK (classOf (EROFS) == Errc::OperationFailed);
    CHECK (classOf (EHWPOISON) == Errc::OperationFailed);
    CHECK (classOf (134) == Errc::UnknownError);
    CHECK (classOf (-1) == Errc::UnknownError);
}

TEST_CASE ("no error is of no class")
{
    CHECK (classOf (0) == Errc {});
    CHECK (std::error_code () != Errc::UnknownError);
}

TEST_CASE ("each class equals itself as a code and as a condition, and no other")
{
    for (int i = 1; i <= static_cast<int> (Errc::UnknownError); ++i)
    {
        for (int j = 1; j <= static_cast<int> (Errc::UnknownError); ++j)
        {
            const std::error_code code = make_error_code (static_cast<Errc> (i));
            CHECK ((code == make_error_condition (static_cast<Errc> (j))) == (i == j));
        }
        CHECK (std::string (make_error_code (static_cast<Errc> (i)).category ().name ()) == "join");
        CHECK_FALSE (make_error_code (static_cast<Errc> (i)).message ().empty ());
    }
}

TEST_CASE ("a generic code is of the same class as the system's")
{
    CHECK (std::make_error_code (std::errc::no_such_file_or_directory) == Errc::NotFound);
}

TEST_CASE ("lastError is used as a std::error_code is")
{
    static_assert (std::is_convertible<join::LastError, std::error_code>::value, "into one");
    lastError = std::make_error_code (std::errc::not_enough_memory);
    CHECK (lastError.value () == ENOMEM);
    CHECK (lastError);
    CHECK (lastError == Errc::OutOfMemory);
    CHECK (Errc::OutOfMemory == lastError);
    CHECK (lastError != Errc::NotFound);
    CHECK (lastError == std::errc::not_enough_memory);
    CHECK (lastError.message () == std::generic_category ().message (ENOMEM));
    const std::error_code copy = lastError;
    CHECK (copy == lastError);
    CHECK (lastError == copy);
    lastError = make_error_code (Errc::TemporaryError);
    CHECK (lastError == Errc::TemporaryError);
    CHECK (lastError.category () == join::errorCategory ());
    CHECK (lastError != copy);
    lastError.clear ();
    CHECK_FALSE (lastError);
    CHECK (lastError.category () == std::system_category ());
    lastError = copy;
    CHECK (lastError.value () == ENOMEM);
    lastError = std::error_code ();
    CHECK_FALSE (lastError);
}

TEST_CASE ("the sentence stays with the failure and goes with the next code")
{
    REQUIRE (join::mbind (nullptr, 1, 0) == -1);
    const std::string sentence = lastError.message ();
    CHECK (sentence != std::system_category ().message (EFAULT));
    const join::LastError copy = lastError;
    CHECK (copy.value () == EFAULT);
    CHECK (copy.message () == std::system_category ().message (EFAULT));
    auto& same = lastError;
    lastError = same;
    CHECK (lastError.message () == sentence);
    lastError.assign (EFAULT, std::system_category ());
    CHECK (lastError.message () == std::system_category ().message (EFAULT));
}

TEST_CASE ("each thread has its own last error, and none to begin with")
{
    REQUIRE (join::mbind (nullptr, 1, 0) == -1);
    std::thread ([] {
        CHECK_FALSE (lastError);
        CHECK (join::mlock (&lastError, 0) == -1);
        CHECK (lastError == std::errc::invalid_argument);
    }).join ();
    CHECK (lastError == std::errc::bad_address);
}

TEST_CASE ("what succeeds leaves the last error alone")
{
    REQUIRE (join::mbind (nullptr, 1, 0) == -1);
    const std::string sentence = lastError.message ();
    join::LocalMem memory (1);
    CHECK (memory.mlock () == 0);
    CHECK (memory.munlock () == 0);
    CHECK (memory.pageSize () != 0);
    CHECK (memory.placement ().size == memory.size ());
    CHECK (lastError.value () == EFAULT);
    CHECK (lastError.message () == sentence);
}
