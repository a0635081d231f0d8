// SPDX-License-Identifier: MIT
// Checks as they are printed: for who reads, and for programs.
#ifndef JOINMEM_TOOL_DOCTOR_PRINT_HPP
#define JOINMEM_TOOL_DOCTOR_PRINT_HPP

#include "check.hpp"

#include <ostream>
#include <string>

namespace tool::doctor
{
struct Style
{
    bool colour = false;
    bool brief = false;  ///< nothing that is fine
};

void printText (std::ostream& out, const Checks& checks, const std::string& root, Style style);

/// The document that joinmem-doctor(1) describes.
void printJson (std::ostream& out, const Checks& checks, const std::string& root);

}  // namespace tool::doctor

#endif
