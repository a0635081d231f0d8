// SPDX-License-Identifier: MIT
/// An operation, run again and again in fresh processes, with one system call failing each time.
#ifndef JOIN_TESTS_CRASH_INJECT_HPP
#define JOIN_TESTS_CRASH_INJECT_HPP

#include <join/memory.hpp>

#include "environment.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace crash
{
/// What an operation works on, in the child.
struct State
{
    std::string name;                      ///< a name of its own
    std::shared_ptr<join::Memory> memory;  ///< made by `before` or by `run`
    std::shared_ptr<void> other;           ///< likewise, what is no join::Memory
};

/// What may be in /dev/shm afterwards.
enum class Left
{
    Nothing,
    Name,
    Either,
};

struct Operation
{
    std::string what;
    Environment environment = Environment::Usual;
    bool there = false;                                  ///< a segment of that name exists, made by another process
    uint64_t size = 4096;                                ///< of that segment
    std::function<void (State&)> before;                 ///< in the child, not watched; may be empty
    std::function<int (State&)> run;                     ///< watched: 0; -1 with join::lastError; or it throws
    std::function<void (const State&, Verdict&)> judge;  ///< after a success; may be empty
    Left afterSuccess = Left::Nothing;
    Left afterFailure = Left::Nothing;
    std::vector<long> essential;  ///< a success is a lie where these fail always
};

struct Tally
{
    unsigned cases = 0;
    unsigned succeeded = 0;  ///< of these, in spite of the failure

    /// The complaints, a line each.
    std::string complaints;
};

/// Each call fails once, with each errno that it may well have; `few`: with the likeliest.
void failOnce (const Operation& operation, bool few, Tally& tally);

/// All calls of a kind fail, as a filter makes them; unless `few` also as a kernel that does not have them, or no memory.
void failAlways (const Operation& operation, bool few, Tally& tally);

/// The byte that the segment of another process is filled with.
const unsigned char fill = 0x5a;

/// What memory has to be when its constructor returned: whole, and open about what it is not.
void judgeMemory (const State& state, uint64_t size, const join::MemOptions& options, unsigned char value,
                  Verdict& verdict);

}  // namespace crash

#endif
