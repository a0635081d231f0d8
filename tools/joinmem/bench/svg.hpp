// SPDX-License-Identifier: MIT
// Writes SVG: the few shapes of a plot, with escaped text and short numbers.
#ifndef JOINMEM_TOOL_BENCH_SVG_HPP
#define JOINMEM_TOOL_BENCH_SVG_HPP

#include <string>
#include <vector>

namespace tool::bench
{
struct Point
{
    double x = 0;
    double y = 0;
};

class Svg
{
public:
    /// Sizes are in pixels. The image has a background, so that it looks the same on light and dark pages.
    Svg (double width, double height, const std::string& title, const std::string& description);

    void line (Point from, Point to, const char* style);

    /// @param style attributes, such as stroke="#000"
    void path (const std::vector<Point>& points, const std::string& style);

    /// @param anchor "start", "middle" or "end"
    void text (Point at, const std::string& words, const char* anchor, const char* style = "");

    /// The whole document.
    std::string document () const;

private:
    std::string _body;
};

}  // namespace tool::bench

#endif
