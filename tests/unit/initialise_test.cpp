// SPDX-License-Identifier: MIT
// A segment's content is constructed once: other processes wait meanwhile, and the next one takes over from a dead one.
#include "support.hpp"

#include "joinmem.h"

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <vector>

using join::lastError;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
struct Book
{
    std::atomic<uint32_t> ready;
    std::atomic<uint32_t> constructions;
    std::atomic<uint32_t> whole;
};

Book& bookIn (ShmMem& memory)
{
    return *static_cast<Book*> (memory.get ());
}

void construct (Book& book)
{
    ++book.constructions;
    std::this_thread::sleep_for (std::chrono::milliseconds (5));  // so that others find it incomplete
    book.whole = 1;
}

// In a child: constructs the content or finds it complete. @return 0 on success
int useIn (const char* name)
{
    ShmMem memory (4096, name);
    Book& book = bookIn (memory);
    const int result = memory.initialise ([&] { construct (book); });
    return (result == 0 || result == 1) && book.whole == 1 ? 0 : 1;
}
}  // namespace

TEST_CASE ("exactly one of many processes constructs")
{
    for (int round = 0; round < 10; ++round)
    {
        const Name name ("once");
        std::vector<pid_t> children;
        for (int i = 0; i < 8; ++i)
        {
            children.push_back (::fork ());
            if (children.back () == 0)
            {
                ::_exit (useIn (name.c_str ()));
            }
        }
        for (pid_t child : children)
        {
            int status = 1;
            CHECK (::waitpid (child, &status, 0) == child);
            CHECK (status == 0);
        }
        ShmMem memory (4096, name);
        CHECK (bookIn (memory).constructions == 1);
        CHECK (memory.initialise ([] { FAIL ("it was constructed"); }) == 0);
    }
}

TEST_CASE ("exactly one of many threads constructs")
{
    const Name name ("threads");
    std::atomic<int> constructed {0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
    {
        threads.emplace_back ([&] {
            ShmMem memory (4096, name);
            constructed += memory.initialise ([&] { construct (bookIn (memory)); });
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (constructed == 1);
}

TEST_CASE ("next process constructs after an exception or death")
{
    const Name name ("next");
    ShmMem memory (4096, name);
    CHECK_THROWS_AS (memory.initialise ([] { throw std::runtime_error ("no"); }), std::runtime_error);
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ShmMem own (4096, name);
        own.initialise ([] { ::kill (::getpid (), SIGKILL); });
        ::_exit (0);
    }
    int status = 0;
    CHECK (::waitpid (child, &status, 0) == child);
    CHECK (WIFSIGNALED (status));
    CHECK (memory.initialise ([&] { construct (bookIn (memory)); }) == 1);
    CHECK (memory.initialise ([] {}) == 0);
}

TEST_CASE ("forked child does not release the construction lock")
{
    const Name name ("forked");
    const jm_handle first = jm_shm_open (4096, name.c_str ());
    const jm_handle other = jm_shm_open (4096, name.c_str ());
    CHECK (jm_initialise_begin (first, 0, 0) == 1);
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::_exit (jm_close (first));
    }
    int status = 1;
    CHECK (::waitpid (child, &status, 0) == child);
    CHECK (status == 0);
    CHECK (jm_initialise_begin (other, 0, 0) == -1);
    CHECK (jm_last_error () == ETIMEDOUT);
    CHECK (jm_initialise_end (first, 0, 1) == 0);
    CHECK (jm_initialise_begin (other, 0, 0) == 0);
    CHECK (jm_close (first) == 0);
    CHECK (jm_close (other) == 0);
}

TEST_CASE ("invalid initialise calls fail with a reason")
{
    const Name name ("refused");
    ShmMem memory (4096, name);
    const auto error = [] (ShmMem& m, uint64_t ready) {
        return m.initialise ([] { FAIL ("it ran"); }, ready) == -1 ? lastError.value () : 0;
    };
    CHECK (error (memory, 2) == EINVAL);
    CHECK (error (memory, 4096) == ERANGE);
    MemOptions reading;
    reading.openMode = OpenMode::OpenOnly;
    reading.readOnly = true;
    ShmMem reader (0, name, reading);
    CHECK (error (reader, 0) == EROFS);
    CHECK (memory.initialise ([] {}, 8) == 1);
    CHECK (reader.initialise ([] { FAIL ("it ran"); }, 8) == 0);
    CHECK (ShmMem::unlink (name) == 0);
    CHECK (error (memory, 0) == ENOENT);
    CHECK (memory.initialise ([] {}, 8) == 0);
    ShmMem moved (std::move (memory));
    CHECK (error (memory, 0) == EBADF);
}

TEST_CASE ("jm_initialise_begin waits, times out and ends with jm_close")
{
    const Name name ("c");
    const jm_handle local = jm_local_create (4096);
    CHECK ((jm_initialise_begin (local, 0, -2) == -1 && jm_last_error () == EINVAL));
    CHECK (jm_initialise_begin (local, 0, 0) == -1);
    CHECK (jm_last_error () == EINVAL);
    CHECK (jm_initialise_end (local, 0, 1) == -1);
    CHECK (jm_close (local) == 0);
    const jm_handle first = jm_shm_open (4096, name.c_str ());
    const jm_handle second = jm_shm_open (4096, name.c_str ());
    CHECK (jm_initialise_end (first, 0, 1) == -1);
    CHECK (jm_last_error () == EINVAL);
    CHECK (jm_initialise_begin (first, 0, -1) == 1);
    CHECK (jm_initialise_begin (first, 0, 2'000'000) == -1);
    CHECK (jm_last_error () == ETIMEDOUT);
    CHECK (jm_initialise_begin (second, 0, 2'000'000) == -1);
    CHECK (jm_last_error () == ETIMEDOUT);
    std::atomic<int> waited {7};
    std::thread waiter ([&] { waited = jm_initialise_begin (second, 0, -1) == -1 ? jm_last_error () : 0; });
    std::this_thread::sleep_for (std::chrono::milliseconds (3));  // the close may come before or in the wait
    CHECK (jm_close (second) == 0);
    waiter.join ();
    CHECK ((waited == ECANCELED || waited == EBADF));
    CHECK (jm_initialise_end (first, 0, 0) == 0);
    const jm_handle third = jm_shm_open (4096, name.c_str ());
    CHECK (jm_initialise_begin (third, 0, -1) == 1);
    CHECK (jm_close (third) == 0);  // without an end: it was not constructed
    CHECK (jm_initialise_begin (first, 0, -1) == 1);
    CHECK (jm_initialise_end (first, 0, 1) == 0);
    CHECK (jm_initialise_begin (first, 0, -1) == 0);
    CHECK (jm_close (first) == 0);
}
