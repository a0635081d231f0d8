// SPDX-License-Identifier: MIT
/// What can be wrong with a queue.
#ifndef BENCH_HARNESS_FAULT_HPP
#define BENCH_HARNESS_FAULT_HPP

#include <cstdint>

namespace harness
{
enum class Fault : uint32_t
{
    None,
    Lost,       // fewer elements arrived than were pushed
    Doubled,    // more
    Disorder,   // those of one producer arrived out of order
    Corrupted,  // other elements arrived than were pushed
};

inline const char* faultName (Fault fault)
{
    switch (fault)
    {
        case Fault::None:
            return "";
        case Fault::Lost:
            return "lost elements";
        case Fault::Doubled:
            return "doubled elements";
        case Fault::Disorder:
            return "broke the order of a producer";
        case Fault::Corrupted:
            break;
    }
    return "corrupted elements";
}

}  // namespace harness

#endif
