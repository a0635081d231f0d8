// SPDX-License-Identifier: MIT
// The source line of an access, the [label] of its comment, and mistakes that can be planted there.
#ifndef MODEL_SITE_HPP
#define MODEL_SITE_HPP

#include "machine.hpp"

#include <map>
#include <string>
#include <vector>

namespace model
{
struct Site
{
    std::string file;  // without directories
    int line;
    std::string text;   // the statement
    std::string label;  // empty: none
    Order order;        // the strongest order requested there
    Order failure;
    bool swap;    // a compare and swap
    bool modify;  // another read-modify-write
    bool core;    // in the library, not in the model

    std::string where () const;
};

/// The site of that line; created at its first access. @throw std::runtime_error the source cannot be read
const Site* siteOf (const char* path, int line, const Access& access);

/// All sites accessed so far.
std::vector<const Site*> sites ();

enum class Mistake : uint8_t
{
    None,
    Order,    // another order, or another order on failure
    Skip,     // the access is left out; a swap reports success
    Late,     // a store comes after the next access with that label
    Blind,    // a membarrier does nothing
    Hasty,    // every producer counts as dead
    Early,    // recovery asks for deaths before it reads anything else
    Sparing,  // wake-ups wake no thread
    Endless,  // sleeps that are short by design have no end
    Once,     // a value that the call has read before is reused instead of read again
    Stale,    // the same, until the thread sleeps or takes a mutex
    Flag,     // a wait set sets its flag before it reads the epoch
    Fresh,    // a sleep on several words expects what they hold when it begins
    Deaf,     // a sleep on several words leaves out those that have changed
};

/// One planted mistake.
struct Mutant
{
    std::string name;
    Mistake mistake = Mistake::None;
    const Site* site = nullptr;  // for Order
    Order order = Order::SeqCst;
    Order failure = Order::SeqCst;
    std::string text = "";   // for Skip, Late, Once, Stale, Flag: part of the statement
    std::string until = "";  // for Late: the label; for Flag: part of the statement that sets the flag
    std::string file = "";   // of the statement; empty: any

    bool means (const Site& other) const;
};

/// Each order of the sites accessed so far that is stronger than relaxed, weakened.
std::vector<Mutant> weakened ();

}  // namespace model

#endif
