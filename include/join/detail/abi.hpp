// SPDX-License-Identifier: MIT
// The ABI number, in one place: the inline namespace here, and the SOVERSION, which meson.build reads from this line.
// It is apart from the project's version: it changes only when a program built before can no longer be served.
#ifndef JOIN_DETAIL_ABI_HPP
#define JOIN_DETAIL_ABI_HPP

#define JOIN_ABI v1
#define JOIN_EXPORT __attribute__ ((visibility ("default")))

#endif
