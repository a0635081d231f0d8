// SPDX-License-Identifier: MIT
// A table whose columns are as wide as their contents.
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
    /// @param heads the column headers; a column whose header begins with '<' is aligned left, the others right
    explicit Table (const std::vector<std::string>& heads);

    void add (std::vector<Cell> row);

    /// @param colours whether cells and headers are coloured
    /// @param width of the terminal in columns; 0: unlimited. What does not fit is shortened: first the cells of the
    ///     first column, then columns are omitted from the right, then lines are cut
    void print (std::ostream& to, bool withHeads, bool colours, std::size_t width = 0) const;

private:
    /// The widths of the columns that are shown.
    std::vector<std::size_t> widths (bool withHeads, std::size_t width) const;

    std::vector<std::string> _heads;
    std::vector<bool> _left;
    std::vector<std::vector<Cell>> _rows;
};

}  // namespace tool

#endif
