// SPDX-License-Identifier: MIT
/// The machine on which figures were taken, and the load of other programs meanwhile.
#ifndef BENCH_HARNESS_MACHINE_HPP
#define BENCH_HARNESS_MACHINE_HPP

#include <nlohmann/json.hpp>

namespace harness
{
/// Kernel, processor, memory, settings of huge pages, governor. Values that cannot be read are null.
nlohmann::ordered_json machineJson ();

/// The shares of all processors that other programs and the host have used since construction.
class Others
{
public:
    Others ();

    double programs () const;
    double host () const;

private:
    struct Times
    {
        double busy = 0;   // seconds, all processors
        double steal = 0;  // used by the host
        double all = 0;
        double own = 0;  // this process and its ended children
    };

    static Times now ();

    Times _start;
};

}  // namespace harness

#endif
