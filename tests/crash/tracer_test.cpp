// SPDX-License-Identifier: MIT
// The tracer itself: it does what a test requests, once, and nothing else.
#include <catch2/catch.hpp>

#include "environment.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <vector>

using namespace crash;

namespace
{
std::vector<long> callsOf (Traced& child)
{
    std::vector<long> calls;
    child.between (1, 2, [&] (Stop stop) {
        if (stop == Stop::Entry)
        {
            calls.push_back (child.call ().number);
        }
        return true;
    });
    return calls;
}

int threeCalls ()
{
    mark (1);
    const long fine = ::syscall (SYS_getppid) + ::syscall (SYS_getuid);
    const int file = ::open ("/dev/null", O_RDONLY);
    const int error = errno;
    mark (2);
    return fine < 0 ? 99 : file == -1 ? error : 0;
}
}  // namespace

TEST_CASE ("tracer sees entry and exit of each call", "[traced][tracer]")
{
    Traced child (threeCalls);
    CHECK (callsOf (child) == std::vector<long> {SYS_getppid, SYS_getuid, SYS_openat});
    CHECK (describe (child.finish ()) == "exit code 0");
}

TEST_CASE ("tracer reads path and result of a call", "[traced][tracer]")
{
    Traced child (threeCalls);
    std::string path;
    int64_t result = -1;
    child.between (1, 2, [&] (Stop stop) {
        if (child.call ().number == SYS_openat)
        {
            path = child.text (child.call ().arguments[1]);
            result = stop == Stop::Exit ? child.call ().result : result;
        }
        return true;
    });
    CHECK (path == "/dev/null");
    CHECK (result >= 3);
}

TEST_CASE ("injected failure skips the call and sets errno", "[traced][tracer]")
{
    for (int error : {EMFILE, EACCES, ENOSPC})
    {
        Traced child (threeCalls);
        bool failed = false;
        child.between (1, 2, [&] (Stop stop) {
            if (stop == Stop::Entry && child.call ().number == SYS_openat)
            {
                child.fail (error);
            }
            failed = failed || (stop == Stop::Exit && child.call ().failed && child.call ().result == -error);
            return true;
        });
        CHECK (failed);
        CHECK (describe (child.finish ()) == "exit code " + std::to_string (error));
    }
}

TEST_CASE ("kill at entry precedes the call, at exit follows", "[traced][tracer]")
{
    for (Stop where : {Stop::Entry, Stop::Exit})
    {
        const std::string name = freshName ();
        const std::string path = pathOf (name);
        Traced child ([&] {
            mark (1);
            static_cast<void> (!::open (path.c_str (), O_CREAT | O_RDWR, 0600));
            mark (2);
            return 0;
        });
        CHECK (!child.between (1, 2, [&] (Stop stop) { return stop != where; }));
        child.kill ();
        CHECK (describe (child.status ()) == "signal 9 (Killed)");
        CHECK (exists (name) == (where == Stop::Exit));
        removeNames ();
    }
}

TEST_CASE ("single stepping counts instructions and kills after k", "[traced][tracer]")
{
    auto* word = static_cast<std::atomic<int>*> (sharedPages (4096));
    const auto count = [&] {
        mark (1);
        for (int i = 0; i < 3; ++i)
        {
            word->store (word->load () + 1);
        }
        mark (2);
        return 0;
    };
    std::vector<int> values;
    unsigned steps = 0;
    for (int last = 0; last < 3; ++steps)
    {
        word->store (0);
        Traced child (count);
        REQUIRE (child.toMark (1));
        const uint64_t before = child.instructionPointer ();
        for (unsigned i = 0; i < steps; ++i)
        {
            REQUIRE (child.step () == Stop::Instruction);
        }
        CHECK ((steps == 0) == (child.instructionPointer () == before));
        child.kill ();
        last = word->load ();
        if (values.empty () || values.back () != last)
        {
            values.push_back (last);
        }
        REQUIRE (steps < 1000);
    }
    CHECK (values == std::vector<int> {0, 1, 2, 3});
}

TEST_CASE ("tracer reports the signal that ended a child", "[traced][tracer]")
{
    Traced child ([] {
        ::signal (SIGBUS, SIG_DFL);  // a sanitizer handles it
        mark (1);
        ::raise (SIGBUS);
        mark (2);
        return 0;
    });
    CHECK (!child.between (1, 2, [] (Stop) { return true; }));
    CHECK (describe (child.status ()) == "signal 7 (Bus error)");
    CHECK (child.toSystemCall () == Stop::Gone);
}

TEST_CASE ("two traced children run independently", "[traced][tracer]")
{
    auto* word = static_cast<std::atomic<int>*> (sharedPages (4096));
    const auto add = [=] (int what) {
        return [=] {
            mark (1);
            word->fetch_add (what);
            mark (2);
            return 0;
        };
    };
    Traced slow (add (1));
    Traced quick (add (10));
    REQUIRE (slow.toMark (1));
    REQUIRE (quick.toMark (2));
    CHECK (word->load () == 10);
    CHECK (slow.finish () == 0);
    CHECK (word->load () == 11);
}
