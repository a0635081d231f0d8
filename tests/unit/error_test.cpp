// SPDX-License-Identifier: MIT
#include <join/memory.hpp>
#include <join/placement.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <future>
#include <pthread.h>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using join::Errc;
using join::lastError;

namespace
{
constexpr int lastClass = static_cast<int> (Errc::ProducerDied);

std::atomic<int> wrong {0};

// Catch2's assertions support one thread only.
void expect (bool right)
{
    wrong += right ? 0 : 1;
}

Errc classOf (int error)
{
    for (int i = 1; i <= lastClass; ++i)
    {
        if (std::error_code (error, std::system_category ()) == static_cast<Errc> (i))
        {
            return static_cast<Errc> (i);
        }
    }
    return Errc {};
}
}  // namespace

TEST_CASE ("each errno has its documented class")
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
    for (int error : {ECONNREFUSED, ENETUNREACH})
    {
        CHECK (classOf (error) == Errc::ConnectionRefused);
    }
    for (int error : {EPIPE, ECONNRESET, ENOTCONN})
    {
        CHECK (classOf (error) == Errc::ConnectionClosed);
    }
    for (int error : {EBADMSG, ENOMSG, ENODATA})
    {
        CHECK (classOf (error) == Errc::MessageUnknown);
    }
    CHECK (classOf (EMSGSIZE) == Errc::MessageTooLong);
    CHECK (classOf (EUSERS) == Errc::TooManyProducers);
    CHECK (classOf (ECANCELED) == Errc::Canceled);
    CHECK (classOf (EINTR) == Errc::Interrupted);
    CHECK (classOf (EDEADLK) == Errc::WouldDeadlock);
    CHECK (classOf (EOWNERDEAD) == Errc::ProducerDied);
    CHECK (classOf (EROFS) == Errc::OperationFailed);
    CHECK (classOf (EHWPOISON) == Errc::OperationFailed);
    CHECK (classOf (134) == Errc::UnknownError);
    CHECK (classOf (-1) == Errc::UnknownError);
}

TEST_CASE ("error classes have the terms of queues")
{
    CHECK (classOf (EAGAIN) == Errc::WouldBlock);
    CHECK (classOf (EPIPE) == Errc::QueueShutDown);
    CHECK (classOf (EBADMSG) == Errc::QueueDamaged);
}

TEST_CASE ("zero belongs to no error class")
{
    CHECK (classOf (0) == Errc {});
    CHECK (std::error_code () != Errc::UnknownError);
}

TEST_CASE ("each error class equals only itself")
{
    for (int i = 1; i <= lastClass; ++i)
    {
        for (int j = 1; j <= lastClass; ++j)
        {
            const std::error_code code = make_error_code (static_cast<Errc> (i));
            CHECK ((code == make_error_condition (static_cast<Errc> (j))) == (i == j));
        }
        CHECK (std::string (make_error_code (static_cast<Errc> (i)).category ().name ()) == "join");
        CHECK_FALSE (make_error_code (static_cast<Errc> (i)).message ().empty ());
    }
}

TEST_CASE ("generic and system codes share their class")
{
    CHECK (std::make_error_code (std::errc::no_such_file_or_directory) == Errc::NotFound);
}

TEST_CASE ("lastError behaves like std::error_code")
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
    CHECK (lastError.category () == std::generic_category ());
    CHECK (lastError == std::error_code ());
    CHECK (static_cast<std::error_code> (lastError) == std::error_code ());
    lastError = copy;
    CHECK (lastError.value () == ENOMEM);
    lastError = std::error_code ();
    CHECK_FALSE (lastError);
}

TEST_CASE ("lastError accepts braced assignment")
{
    lastError = {EINVAL, std::generic_category ()};
    CHECK (lastError == Errc::InvalidParam);
    lastError = {};
    CHECK_FALSE (lastError);
    CHECK (lastError == join::LastError ());
}

TEST_CASE ("foreign category codes compare as in std::error_code")
{
    lastError = std::make_error_code (std::future_errc::no_state);
    CHECK (lastError == std::future_errc::no_state);
    CHECK (lastError == std::make_error_code (std::future_errc::no_state));
    CHECK (lastError != std::make_error_code (std::future_errc::broken_promise));
    CHECK (lastError == Errc::UnknownError);
    CHECK (lastError != Errc::OperationFailed);
    CHECK (lastError != std::error_code (lastError.value (), std::generic_category ()));
    CHECK (lastError.category () == std::future_category ());
    lastError.clear ();
}

TEST_CASE ("Errc code equals every code of its class")
{
    const std::error_code made = make_error_code (Errc::OutOfMemory);
    CHECK (made == make_error_code (Errc::OutOfMemory));
    CHECK (make_error_code (Errc::OutOfMemory) == make_error_code (Errc::OutOfMemory));
    CHECK (make_error_code (Errc::OutOfMemory) != make_error_code (Errc::InUse));
    CHECK (std::make_error_code (std::errc::no_space_on_device) == make_error_code (Errc::OutOfMemory));
    CHECK (std::make_error_code (std::errc::file_exists) != make_error_code (Errc::OutOfMemory));
    lastError = made;
    CHECK (lastError == std::make_error_code (std::errc::not_enough_memory));
    CHECK (lastError == made);
    lastError.clear ();
}

TEST_CASE ("ErrorCategory created by a program is equivalent")
{
    const join::ErrorCategory category;
    CHECK (std::string (category.name ()) == join::getErrorCategory ().name ());
    CHECK (category.message (2) == join::errorCategory ().message (2));
    const int number = static_cast<int> (Errc::NotFound);
    CHECK (std::error_code (ENOENT, std::generic_category ()) == std::error_condition (number, category));
    lastError = {number, category};
    CHECK (lastError == Errc::NotFound);
    lastError.clear ();
}

TEST_CASE ("message stays until another code is assigned")
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

TEST_CASE ("each thread starts without a last error")
{
    REQUIRE (join::mbind (nullptr, 1, 0) == -1);
    std::thread ([] {
        CHECK_FALSE (lastError);
        CHECK (join::mlock (&lastError, 0) == -1);
        CHECK (lastError == std::errc::invalid_argument);
    }).join ();
    CHECK (lastError == std::errc::bad_address);
}

// More threads than static buffers; buffers of ended threads are reused.
TEST_CASE ("each thread keeps its own message")
{
    constexpr int threads = 40;
    for (int round = 0; round < 3; ++round)
    {
        std::atomic<int> failed {0};
        std::vector<std::thread> all;
        for (int i = 0; i < threads; ++i)
        {
            all.emplace_back ([&failed, i, round] {
                const std::string name = "a/" + std::to_string (i * 100 + round);
                expect (join::ShmMem::unlink (name) == -1);
                ++failed;
                while (failed < threads)
                {
                    std::this_thread::yield ();
                }
                expect (lastError.message ().find (name) != std::string::npos);
            });
        }
        for (std::thread& thread : all)
        {
            thread.join ();
        }
    }
    CHECK (wrong == 0);
}

// The destructor of a key that runs after the library's destructor.
TEST_CASE ("failures during thread exit keep their message")
{
    static pthread_key_t key;
    REQUIRE (::pthread_key_create (&key,
                                   [] (void* round) {
                                       expect (join::mbind (nullptr, 1, 0) == -1);
                                       expect (lastError.message ().find ("null") != std::string::npos);
                                       int* left = static_cast<int*> (round);
                                       if (--*left > 0)
                                       {
                                           ::pthread_setspecific (key, left);
                                       }
                                   })
             == 0);
    for (int i = 0; i < 40; ++i)
    {
        std::thread ([] {
            static thread_local int rounds;
            rounds = 3;
            ::pthread_setspecific (key, &rounds);
            expect (join::mlock (nullptr, 0) == -1);
        }).join ();
    }
    ::pthread_key_delete (key);
    CHECK (wrong == 0);
}

TEST_CASE ("success leaves lastError unchanged")
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
