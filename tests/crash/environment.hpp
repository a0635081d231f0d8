// SPDX-License-Identifier: MIT
/// Machines that can do less than this one: the tracer answers system calls in the kernel's place.
#ifndef JOIN_TESTS_CRASH_ENVIRONMENT_HPP
#define JOIN_TESTS_CRASH_ENVIRONMENT_HPP

#include "tracer.hpp"
#include "world.hpp"

#include <functional>
#include <string>

namespace crash
{
enum class Environment
{
    Usual,        ///< this machine
    NoEmptyPath,  ///< linkat of a descriptor is forbidden (before Linux 6.10): needs /proc
    NoTmpfile,    ///< a file system without O_TMPFILE
    NoProc,       ///< no /proc, and no linkat of a descriptor
    Bare,         ///< neither /proc, linkat of a descriptor, nor O_TMPFILE
};

const Environment environments[] = {Environment::Usual, Environment::NoEmptyPath, Environment::NoTmpfile,
                                    Environment::NoProc, Environment::Bare};

const char* nameOf (Environment environment);

/// At each Entry: makes the call fail if it fails in that environment.
void apply (Environment environment, Traced& child);

/// Runs the child to its end in that environment. @return the status of waitpid(2)
int finishIn (Environment environment, Traced& child);

/// judge () in that environment.
std::string judgeIn (Environment environment, const std::function<void (Verdict&)>& body);

}  // namespace crash

#endif
