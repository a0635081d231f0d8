// SPDX-License-Identifier: MIT
// Writes SVG: the few shapes that a plot is made of, with text escaped and numbers short.
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
    /// In pixels, with a background of its own: it looks the same on a light and on a dark page.
    Svg (double width, double height, const std::string& title, const std::string& description);

    void line (Point from, Point to, const char* style);

    /// style: attributes, as in stroke="#000".
    void path (const std::vector<Point>& points, const std::string& style);

    /// anchor: "start", "middle" or "end".
    void text (Point at, const std::string& words, const char* anchor, const char* style = "");

    /// The whole document.
    std::string document () const;

private:
    std::string _body;
};

}  // namespace tool::bench

#endif
