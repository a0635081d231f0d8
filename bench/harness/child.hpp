// SPDX-License-Identifier: MIT
/// Runs each measurement in its own process: allocators keep freed memory, mappings merge with their neighbours, page
/// tables stay. In a forked child all contenders begin with the same address space, and one that crashes is a line in
/// the table.
#ifndef BENCH_HARNESS_CHILD_HPP
#define BENCH_HARNESS_CHILD_HPP

#include <cstddef>
#include <stdexcept>
#include <string>

namespace harness
{
/// Runs work (with, result) in a child; result is plain bytes that the child fills and the caller gets.
/// @return empty, or why there is no result: the message of the exception, or the signal that ended the child
std::string inChild (void (*work) (void* with, void* result), void* with, void* result, std::size_t bytes);

}  // namespace harness

#endif
