// SPDX-License-Identifier: MIT
#include "environment.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <exception>

namespace crash
{
namespace
{
bool opens (const SystemCall& call)
{
#ifdef SYS_open
    return call.number == SYS_openat || call.number == SYS_open;
#else
    return call.number == SYS_openat;
#endif
}

uint64_t flagsOf (const SystemCall& call)
{
    return call.number == SYS_openat ? call.arguments[2] : call.arguments[1];
}

bool namesProc (const Traced& child)
{
    const SystemCall& call = child.call ();
    const bool at = call.number == SYS_openat || call.number == SYS_linkat || call.number == SYS_faccessat
                    || call.number == SYS_faccessat2 || call.number == SYS_readlinkat || call.number == SYS_newfstatat;
    return (at || opens (call)) && child.text (call.arguments[at ? 1 : 0]).rfind ("/proc", 0) == 0;
}
}  // namespace

const char* nameOf (Environment environment)
{
    switch (environment)
    {
        case Environment::Usual:
            return "here";
        case Environment::NoEmptyPath:
            return "without linkat of a descriptor";
        case Environment::NoTmpfile:
            return "without O_TMPFILE";
        case Environment::NoProc:
            return "without /proc";
        case Environment::Bare:
            return "without O_TMPFILE and /proc";
    }
    return "nowhere";
}

void apply (Environment environment, Traced& child)
{
    const SystemCall& call = child.call ();
    const bool noTmpfile = environment == Environment::NoTmpfile || environment == Environment::Bare;
    const bool noProc = environment == Environment::NoProc || environment == Environment::Bare;
    if (noTmpfile && opens (call) && (flagsOf (call) & O_TMPFILE) == O_TMPFILE)
    {
        child.fail (EOPNOTSUPP);
    }
    else if ((noProc || environment == Environment::NoEmptyPath) && call.number == SYS_linkat
             && (call.arguments[4] & AT_EMPTY_PATH) != 0)
    {
        child.fail (ENOENT);
    }
    else if (noProc && namesProc (child))
    {
        child.fail (ENOENT);
    }
}

int finishIn (Environment environment, Traced& child)
{
    if (environment == Environment::Usual)
    {
        return child.finish ();
    }
    for (Stop stop = child.toSystemCall (); stop != Stop::Gone; stop = child.toSystemCall ())
    {
        if (stop == Stop::Entry)
        {
            apply (environment, child);
        }
    }
    return child.status ();
}

std::string judgeIn (Environment environment, const std::function<void (Verdict&)>& body)
{
    if (environment == Environment::Usual)
    {
        return judge (body);
    }
    static Verdict* const verdict = static_cast<Verdict*> (sharedPages (sizeof (Verdict)));
    *verdict = Verdict ();
    Traced child ([&] {
        try
        {
            body (*verdict);
        }
        catch (const std::exception& error)
        {
            verdict->say (std::string ("it throws: ") + error.what ());
        }
        verdict->done = true;
        return 0;
    });
    return verdict->complaint (finishIn (environment, child));
}

}  // namespace crash
