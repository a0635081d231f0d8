// SPDX-License-Identifier: MIT
// Explores every execution of the threads of a set-up.
#ifndef MODEL_EXPLORER_HPP
#define MODEL_EXPLORER_HPP

#include "setup.hpp"
#include "site.hpp"

#include <set>
#include <string>
#include <vector>

namespace model
{
struct Verdict
{
    std::string fault;               // empty: none
    std::vector<std::string> trace;  // the accesses that led to the fault
    std::set<const Site*> sites;     // the sites that were visited
    uint64_t states = 0;
    uint64_t ends = 0;
    double seconds = 0;
};

/// Explores up to a fault or to the end; more states than `most` are a fault.
Verdict explore (const Setup& setup, const Mutant& mutant = Mutant (), uint64_t most = 20'000'000);

}  // namespace model

#endif
