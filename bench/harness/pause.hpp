// SPDX-License-Identifier: MIT
#ifndef BENCH_HARNESS_PAUSE_HPP
#define BENCH_HARNESS_PAUSE_HPP

namespace harness
{
/// A spin-wait hint: gives the other hyperthread of the core the execution units.
inline void cpuPause () noexcept
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause ();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

}  // namespace harness

#endif
