// SPDX-License-Identifier: MIT
// Prints checks: as text for people, as JSON for programs.
#ifndef JOINMEM_TOOL_DOCTOR_PRINT_HPP
#define JOINMEM_TOOL_DOCTOR_PRINT_HPP

#include "check.hpp"

#include <cstddef>
#include <ostream>
#include <string>

namespace tool::doctor
{
struct Style
{
    bool colour = false;
    bool all = false;         ///< print checks that are fine or unknown as well
    bool hint = false;        ///< print how to see the other checks
    std::size_t width = 100;  ///< columns; longer lines are broken
};

void printText (std::ostream& out, const Checks& checks, const std::string& root, Style style);

/// The document that joinmem-doctor(1) describes.
void printJson (std::ostream& out, const Checks& checks, const std::string& root);

}  // namespace tool::doctor

#endif
