// SPDX-License-Identifier: MIT
#ifndef BENCH_HARNESS_KIND_HPP
#define BENCH_HARNESS_KIND_HPP

#include <cstdint>

namespace harness
{
enum class Kind : uint32_t
{
    Spsc,
    Mpsc,
    Mpmc,
};

inline const char* kindName (Kind kind)
{
    return kind == Kind::Spsc ? "spsc" : kind == Kind::Mpsc ? "mpsc" : "mpmc";
}

}  // namespace harness

#endif
