// SPDX-License-Identifier: MIT
// Where in the sources an access stands, what its comment's [label] is, and mistakes that can be made there.
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
    std::string file;  // without folders
    int line;
    std::string text;   // the statement
    std::string label;  // empty: none
    Order order;        // the strongest that was asked for there
    Order failure;
    bool swap;    // a compare and swap
    bool modify;  // another read-modify-write
    bool core;    // the library's, not the model's

    std::string where () const;
};

/// The site of that line; made when it is first seen. @throw std::runtime_error the source cannot be read
const Site* siteOf (const char* path, int line, const Access& access);

/// All that have been seen.
std::vector<const Site*> sites ();

enum class Mistake : uint8_t
{
    None,
    Order,  // another order, or another on failure
    Skip,   // the access is left out: a swap is believed to have succeeded
    Late,   // a store comes behind the next access of that label
    Blind,  // a membarrier does nothing
    Hasty,  // everybody is taken for dead
    Early,  // who recovers asks for the dead before he looks at anything else
    Once,   // what a call has read before is not read again there, but believed
};

/// One mistake in the program.
struct Mutant
{
    std::string name;
    Mistake mistake = Mistake::None;
    const Site* site = nullptr;  // Order
    Order order = Order::SeqCst;
    Order failure = Order::SeqCst;
    std::string text = "";   // Skip, Late, Once: of the sites that are meant
    std::string until = "";  // Late: the label

    bool means (const Site& other) const;
};

/// Each order of the sites seen so far that is stronger than relaxed, weakened.
std::vector<Mutant> weakened ();

}  // namespace model

#endif
