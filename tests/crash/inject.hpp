// SPDX-License-Identifier: MIT
/// Runs an operation repeatedly in fresh processes, with one system call failing each time.
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
    std::string name;                      ///< unique
    std::shared_ptr<join::Memory> memory;  ///< made by `before` or by `run`
    std::shared_ptr<void> other;           ///< likewise, for what is no join::Memory
};

/// What /dev/shm may contain afterwards.
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
    bool exists = false;                                 ///< a segment of that name exists, made by another process
    uint64_t size = 4096;                                ///< of that segment
    std::function<void (State&)> before;                 ///< in the child, not traced; may be empty
    std::function<int (State&)> run;                     ///< traced: 0; -1 with join::lastError; or it throws
    std::function<void (const State&, Verdict&)> judge;  ///< after a success; may be empty
    Left afterSuccess = Left::Nothing;
    Left afterFailure = Left::Nothing;
    std::vector<long> essential;  ///< if these always fail, the operation cannot succeed
};

struct Tally
{
    unsigned cases = 0;
    unsigned succeeded = 0;  ///< of these, despite the failure

    /// The complaints, one per line.
    std::string complaints;
};

/// Each call fails once with each plausible errno; `few`: only with the likeliest.
void failOnce (const Operation& operation, bool few, Tally& tally);

/// All calls of a kind fail, as under a filter; unless `few` also as on a kernel without them, and for lack of memory.
void failAlways (const Operation& operation, bool few, Tally& tally);

/// The byte that the segment of another process is filled with.
const unsigned char fill = 0x5a;

/// What holds after a constructor has returned: the memory is complete, and placement () reports each fallback.
void judgeMemory (const State& state, uint64_t size, const join::MemOptions& options, unsigned char value,
                  Verdict& verdict);

}  // namespace crash

#endif
