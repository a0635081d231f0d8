// SPDX-License-Identifier: MIT
/// Where figures were taken, and who else was at work meanwhile.
#ifndef BENCH_MACHINE_HPP
#define BENCH_MACHINE_HPP

#include <nlohmann/json.hpp>

namespace bench
{
/// Kernel, processor, memory, knobs of huge pages, governor. What cannot be read is null.
nlohmann::ordered_json machineJson ();

/// From its construction on: the shares of all processors that other programs, and the host, took.
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
        double steal = 0;  // taken by the host
        double all = 0;
        double own = 0;  // this process and its children that ended
    };

    static Times now ();

    Times _start;
};

}  // namespace bench

#endif
