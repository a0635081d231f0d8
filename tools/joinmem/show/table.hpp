// SPDX-License-Identifier: MIT
// Columns, as wide as what is in them.
#ifndef JOINMEM_TOOL_TABLE_HPP
#define JOINMEM_TOOL_TABLE_HPP

#include <ostream>
#include <string>
#include <vector>

namespace tool
{
struct Cell
{
    std::string text;
    const char* colour = "";  ///< an escape sequence, or none

    Cell (std::string shown)
    : text (std::move (shown))
    {
    }

    Cell (const char* shown)
    : text (shown)
    {
    }

    Cell (std::string shown, const char* in)
    : text (std::move (shown))
    , colour (in)
    {
    }
};

class Table
{
public:
    /// @param heads words over the columns; one that begins with '<' is to the left, the others to the right
    explicit Table (const std::vector<std::string>& heads);

    void add (std::vector<Cell> row);

    /// @param colours whether cells and heads are coloured
    /// @param width columns of the terminal: lines are cut there; 0: nothing is
    void print (std::ostream& to, bool withHeads, bool colours, std::size_t width = 0) const;

private:
    std::vector<std::string> _heads;
    std::vector<bool> _left;
    std::vector<std::vector<Cell>> _rows;
};

}  // namespace tool

#endif
