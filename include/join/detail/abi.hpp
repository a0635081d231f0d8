// SPDX-License-Identifier: MIT
// The ABI number, in one place: the inline namespace here, and the SOVERSION, which meson.build reads from this line.
// It is apart from the project's version: it changes only when a program built before can no longer be served.
// Every header includes this one first, so that a compiler whose objects the library would misread is refused here.
#ifndef JOIN_DETAIL_ABI_HPP
#define JOIN_DETAIL_ABI_HPP

#if __cplusplus < 201703L
#error "libjoinmem needs C++17: compile with -std=c++17 or a later standard, or use its C interface, joinmem.h"
#endif

#include <cstddef>  // defines which C++ library this is

#define JOIN_ABI v1
#define JOIN_EXPORT __attribute__ ((visibility ("default")))

// For inline functions that refer to objects of the C++ library: each shared object calls its own copy of the function, as
// it may contain its own copy of the C++ library (-static-libstdc++).
#define JOIN_HIDDEN __attribute__ ((visibility ("hidden")))

// The library and a program pass each other std::string and std::error_category, which differ in size and layout between
// C++ libraries: both must be compiled with the same one. 1: libstdc++, 2: its string from before GCC 5, 3: libc++.
#if defined(_LIBCPP_VERSION)
#define JOIN_COMPILED_WITH 3
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define JOIN_COMPILED_WITH 2
#else
#define JOIN_COMPILED_WITH 1
#endif

#if defined(__has_include)
#if __has_include(<join/detail/build.hpp>)
#include <join/detail/build.hpp>
#endif
#endif
#ifndef JOIN_BUILT_WITH  // a source tree that meson has not configured
#define JOIN_BUILT_WITH 1
#endif

#if JOIN_COMPILED_WITH != JOIN_BUILT_WITH
#define JOIN_CPP_1 "GNU libstdc++ with the std::string of GCC 5 and later (_GLIBCXX_USE_CXX11_ABI=1)"
#define JOIN_CPP_2 "GNU libstdc++ with the std::string from before GCC 5 (_GLIBCXX_USE_CXX11_ABI=0)"
#define JOIN_CPP_3 "LLVM libc++ (-stdlib=libc++)"
#define JOIN_CPP_NAME(number) JOIN_CPP_##number
#define JOIN_CPP_NAME_OF(number) JOIN_CPP_NAME (number)
// clang-format off
static_assert (JOIN_COMPILED_WITH == JOIN_BUILT_WITH,
               "this program is compiled with " JOIN_CPP_NAME_OF (JOIN_COMPILED_WITH)
               ", and libjoinmem was built with " JOIN_CPP_NAME_OF (JOIN_BUILT_WITH)
               ": their strings and error codes differ. Compile both with the same one, or use the C interface, joinmem.h");
// clang-format on
#endif

#endif
