// SPDX-License-Identifier: MIT
/// Machines that are less than this one, as far as a process can tell: the tracer answers in the kernel's place.
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
    NoEmptyPath,  ///< linkat of a descriptor is not allowed (before Linux 6.10), so it goes by /proc
    NoTmpfile,    ///< a file system without O_TMPFILE
    NoProc,       ///< no /proc, nor linkat of a descriptor
    Bare,         ///< neither
};

const Environment environments[] = {Environment::Usual, Environment::NoEmptyPath, Environment::NoTmpfile,
                                    Environment::NoProc, Environment::Bare};

const char* nameOf (Environment environment);

/// At each Entry: makes the call fail, if it fails there.
void apply (Environment environment, Traced& child);

/// Runs the child to its end there. The status of waitpid(2).
int finishIn (Environment environment, Traced& child);

/// As judge (), there.
std::string judgeIn (Environment environment, const std::function<void (Verdict&)>& body);

}  // namespace crash

#endif
