// SPDX-License-Identifier: MIT
#include "table.hpp"

#include "terminal.hpp"
#include "text.hpp"

#include <algorithm>

namespace tool
{
namespace table
{
// The first `columns` characters.
std::string cut (const std::string& text, std::size_t columns)
{
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size (); ++end)
    {
        if ((text[end] & 0xc0) != 0x80 && seen++ == columns)
        {
            break;
        }
    }
    return text.substr (0, end);
}

struct Line
{
    std::ostream& to;
    bool colours;
    std::size_t room;  // columns that are left

    void put (const std::string& text, const char* colour)
    {
        const std::string shown = cut (text, room);
        room -= widthOf (shown);
        const bool coloured = colours && *colour != '\0' && !shown.empty ();
        to << (coloured ? colour : "") << shown << (coloured ? style::plain : "");
    }
};
}  // namespace table

Table::Table (const std::vector<std::string>& heads)
{
    for (const std::string& head : heads)
    {
        _left.push_back (head[0] == '<');
        _heads.push_back (head[0] == '<' ? head.substr (1) : head);
    }
}

void Table::add (std::vector<Cell> row)
{
    row.resize (_heads.size (), Cell (""));
    _rows.push_back (std::move (row));
}

std::vector<std::size_t> Table::widths (bool withHeads, std::size_t width) const
{
    constexpr std::size_t minFirst = 20;
    constexpr std::size_t gap = 2;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < _heads.size (); ++i)
    {
        all.push_back (withHeads ? widthOf (_heads[i]) : 0);
        for (const auto& row : _rows)
        {
            all[i] = std::max (all[i], widthOf (row[i].text));
        }
    }
    if (width == 0 || all.empty ())
    {
        return all;
    }
    std::size_t others = 0;
    for (std::size_t i = 1; i < all.size (); ++i)
    {
        others += gap + all[i];
    }
    while (all.size () > 1 && std::min (all[0], minFirst) + others > width)
    {
        others -= gap + all.back ();
        all.pop_back ();
    }
    all[0] = std::min (all[0], width - std::min (width, others));
    return all;
}

void Table::print (std::ostream& to, bool withHeads, bool colours, std::size_t width) const
{
    const std::vector<std::size_t> widths = this->widths (withHeads, width);
    const auto line = [&] (const std::vector<Cell>& row) {
        table::Line out {to, colours, width == 0 ? SIZE_MAX : width};
        for (std::size_t i = 0; i < widths.size (); ++i)
        {
            const std::string text = i == 0 ? shortened (row[i].text, widths[i]) : row[i].text;
            const std::string space (widths[i] - widthOf (text), ' ');
            const bool last = i + 1 == widths.size ();
            out.put (_left[i] ? "" : space, "");
            out.put (text, row[i].colour);
            out.put ((_left[i] && !last ? space : "") + (last ? "" : "  "), "");
        }
        to << '\n';
    };
    if (withHeads)
    {
        std::vector<Cell> heads;
        for (const std::string& head : _heads)
        {
            heads.emplace_back (head, style::bold);
        }
        line (heads);
    }
    for (const auto& row : _rows)
    {
        line (row);
    }
}

}  // namespace tool
