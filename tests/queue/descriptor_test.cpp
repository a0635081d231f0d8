// SPDX-License-Identifier: MIT
// Between two system calls of one library function, another thread closes a descriptor of the library and opens another
// file at its number. No live producer counts as dead, and no descriptor of the program is closed.
#include "raw.hpp"
#include "victim.hpp"

#include <cstdarg>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace
{
int armed = 0;                   // number of replacements left: each one comes right before the library's fcntl ()
int armedCommand = F_OFD_GETLK;  // the command that triggers a replacement
int replaced = 0;

int callFcntl (int file, int command, void* argument)
{
    if (command == armedCommand && armed > 0)
    {
        --armed;
        ++replaced;
        const int other = ::memfd_create ("other", MFD_CLOEXEC);  // a file that can be locked and mapped as well
        ::dup3 (other, file, O_CLOEXEC);
        ::close (other);
    }
    return static_cast<int> (::syscall (SYS_fcntl, file, command, argument));
}
}  // namespace

// Replaces both names of libc's fcntl (), for the library too.
extern "C" int replacedFcntl (int file, int command, ...) __asm__("fcntl");
extern "C" int replacedFcntl64 (int file, int command, ...) __asm__("fcntl64");

__attribute__ ((visibility ("default"))) int replacedFcntl (int file, int command, ...)
{
    va_list list;
    va_start (list, command);
    void* argument = va_arg (list, void*);
    va_end (list);
    return callFcntl (file, command, argument);
}

__attribute__ ((visibility ("default"))) int replacedFcntl64 (int file, int command, ...)
{
    va_list list;
    va_start (list, command);
    void* argument = va_arg (list, void*);
    va_end (list);
    return callFcntl (file, command, argument);
}

TEMPLATE_LIST_TEST_CASE ("descriptor replaced between calls makes no producer dead", "[queue][descriptor]",
                         SharedClaimKinds)
{
    for (const int times : {1, 2, 5})
    {
        CAPTURE (times);
        Made<TestType> made (8);
        const uint64_t element = 42;
        Victim producer (Victim::End::Stopped, &element, 0, sizeof (element), [&] (const void* from) {
            auto own = openQueue<TestType> (8, made.name.text);
            return own.tryPush (*static_cast<const uint64_t*> (from));
        });
        REQUIRE (producer.isStopped ());  // it has claimed and not published
        armed = times;
        replaced = 0;
        uint64_t got = 0;
        CHECK (made->pop (got, std::chrono::milliseconds (20)) == -1);
        armed = 0;
        CHECK (replaced == times);
        CHECK (made->stats ().deaths == 0);
        CHECK (made->stats ().skipped == 0);
        REQUIRE (producer.goOn () == 0);
        CHECK ((made->tryPop (got) == 0 && got == 42));
        for (uint64_t i = 0; i < 20; ++i)
        {
            REQUIRE ((made->tryPush (i) == 0 && made->tryPop (got) == 0 && got == i));
        }
        CHECK (made->stats ().popped == 21);
    }
}

TEMPLATE_LIST_TEST_CASE ("dead producer is found after its descriptor was replaced", "[queue][descriptor]",
                         SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    REQUIRE (made->tryPush (6) == 0);
    armed = 1;
    uint64_t got = 0;
    CHECK ((made->pop (got, hangLimit) == 0 && got == 6));
    armed = 0;
    CHECK (made->stats ().skipped == 1);
}

TEMPLATE_LIST_TEST_CASE ("replacing every descriptor makes no producer dead", "[queue][descriptor]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    armed = 1 << 20;
    CHECK (errorOf ([&] { return static_cast<int> (made->producers (nullptr, 0)); }) == EBADF);
    armed = 0;
    CHECK (made->producers (nullptr, 0) == 1);
}

TEMPLATE_LIST_TEST_CASE ("lock of another file owns no slot", "[queue][descriptor]", SharedClaimKinds)
{
    for (const int times : {1, 2, 9})
    {
        CAPTURE (times);
        Made<TestType> made (8);
        armedCommand = F_OFD_SETLK;
        armed = times;
        const int first = made->tryPush (1);
        armed = 0;
        armedCommand = F_OFD_GETLK;
        CHECK (first == (times == 1 ? 0 : -1));  // once, the spare file description still serves
        CHECK ((first == 0 || join::lastError.value () == EBADF));
        REQUIRE (made->tryPush (2) == 0);
        join::Producer listed[4];
        CHECK (made->producers (listed, 4) == 1);
        CHECK (listed[0].alive);
        uint64_t got = 0;
        REQUIRE (made->tryPop (got) == 0);
        CHECK (made->stats ().deaths == 0);
    }
}
