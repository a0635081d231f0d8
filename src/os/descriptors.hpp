// SPDX-License-Identifier: MIT
// Keeps the library's descriptors above 2: no descriptor of the library is ever 0, 1 or 2.
//
// A program that is started with one of these closed writes its output, or its errors, into the file that is opened
// next. So each function that gets a descriptor from the kernel passes it through keepDescriptor ().
#ifndef JOIN_SRC_OS_DESCRIPTORS_HPP
#define JOIN_SRC_OS_DESCRIPTORS_HPP

#include <join/detail/abi.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Takes the result of a call that opens a file, and moves a descriptor below 3 to 3 or above, with close-on-exec set.
/// @param result a descriptor, or -1 with errno set
/// @return 0; or an errno, and then no descriptor is open
int keepDescriptor (int result, int* file) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
