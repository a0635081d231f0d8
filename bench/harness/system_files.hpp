// SPDX-License-Identifier: MIT
/// Reads the text files of /proc and /sys that describe the machine.
#ifndef BENCH_HARNESS_SYSTEM_FILES_HPP
#define BENCH_HARNESS_SYSTEM_FILES_HPP

#include <string>

namespace harness
{
/// The first line of the file; empty if it cannot be read.
std::string lineOf (const std::string& path);

/// The text after "key :" in the file; empty if there is none.
std::string valueIn (const std::string& path, const std::string& key);

/// Whether this is a virtual machine.
bool isGuest ();

}  // namespace harness

#endif
