// SPDX-License-Identifier: MIT
/// The parts of the demo's tables: values of several rounds, CPU time, and a verdict derived from the figures.
#ifndef DEMO_ROUNDS_HPP
#define DEMO_ROUNDS_HPP

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

inline double since (std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double> (std::chrono::steady_clock::now () - start).count ();
}

/// Seconds of a CPU-time clock; 0 if the clock does not exist.
inline double cpuSeconds (clockid_t clock = CLOCK_PROCESS_CPUTIME_ID)
{
    timespec time {};
    ::clock_gettime (clock, &time);
    return static_cast<double> (time.tv_sec) + static_cast<double> (time.tv_nsec) * 1e-9;
}

/// The share of CPU time that programs other than this one and its children used.
class OtherPrograms
{
public:
    /// Since the construction of the object, 0 to 1; 0 if /proc/stat cannot be read.
    double share () const
    {
        const Times now;
        const double all = now.all - _before.all;
        return all > 0 ? std::max (0.0, now.busy - _before.busy - (now.own - _before.own)) / all : 0;
    }

private:
    /// Seconds of all CPUs since the machine started, and of this process and its ended children.
    struct Times
    {
        double all = 0;
        double busy = 0;
        double own = 0;

        Times ()
        {
            std::ifstream file ("/proc/stat");
            std::string word;
            file >> word;
            double ticks = 0;
            for (int field = 0; field < 8 && file >> ticks; ++field)  // user to steal; 3 and 4 are idle and iowait
            {
                all += ticks / static_cast<double> (::sysconf (_SC_CLK_TCK));
                busy += field == 3 || field == 4 ? 0 : ticks / static_cast<double> (::sysconf (_SC_CLK_TCK));
            }
            for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN})
            {
                rusage used {};
                ::getrusage (who, &used);
                own += static_cast<double> (used.ru_utime.tv_sec + used.ru_stime.tv_sec)
                       + static_cast<double> (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
            }
        }
    };

    Times _before;
};

/// One value per round.
class Rounds
{
public:
    void add (double value)
    {
        _values.push_back (value);
    }

    std::size_t count () const
    {
        return _values.size ();
    }

    double least () const
    {
        return *std::min_element (_values.begin (), _values.end ());
    }

    double median () const
    {
        std::vector<double> sorted = _values;
        std::sort (sorted.begin (), sorted.end ());
        const std::size_t n = sorted.size ();
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    double most () const
    {
        return *std::max_element (_values.begin (), _values.end ());
    }

    /// The number of rounds in which this value was above the other.
    std::size_t above (const Rounds& other) const
    {
        std::size_t rounds = 0;
        for (std::size_t i = 0; i < _values.size (); ++i)
        {
            rounds += _values[i] > other._values[i] ? 1 : 0;
        }
        return rounds;
    }

private:
    std::vector<double> _values;
};

/// "the queue is faster than the pipe in 5 of 5 rounds", or "no clear difference" if rounds disagree.
/// @param faster number of rounds in which the first was faster
inline std::string verdict (const std::string& first, const std::string& second, std::size_t faster, std::size_t rounds)
{
    const std::string of = " of " + std::to_string (rounds) + " rounds";
    if (faster == rounds)
    {
        return first + " is faster than " + second + " in " + std::to_string (faster) + of;
    }
    if (faster == 0)
    {
        return first + " is slower than " + second + " in " + std::to_string (rounds) + of;
    }
    return "no clear difference: " + first + " is faster than " + second + " in " + std::to_string (faster) + of;
}

#endif
