// SPDX-License-Identifier: MIT
#include "svg.hpp"

#include "report.hpp"

namespace tool::bench
{
namespace
{
std::string escaped (const std::string& words)
{
    std::string text;
    for (char c : words)
    {
        switch (c)
        {
            case '&':
                text += "&amp;";
                break;
            case '<':
                text += "&lt;";
                break;
            case '>':
                text += "&gt;";
                break;
            case '"':
                text += "&quot;";
                break;
            default:
                text += static_cast<unsigned char> (c) < 0x20 ? ' ' : c;  // XML has no control characters
        }
    }
    return text;
}
}  // namespace

Svg::Svg (double width, double height, const std::string& title, const std::string& description)
{
    _body = print ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" "
                   "role=\"img\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#1f2328\">\n",
                   width, height, width, height);
    _body += "<title>" + escaped (title) + "</title>\n<desc>" + escaped (description) + "</desc>\n";
    _body += print ("<rect width=\"%g\" height=\"%g\" fill=\"#ffffff\"/>\n", width, height);
}

void Svg::line (Point from, Point to, const char* style)
{
    _body += print ("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", from.x, from.y, to.x, to.y, style);
}

void Svg::path (const std::vector<Point>& points, const std::string& style)
{
    _body += "<polyline fill=\"none\" " + style + " points=\"";
    for (const Point& point : points)
    {
        _body += print ("%.1f,%.1f ", point.x, point.y);
    }
    _body += "\"/>\n";
}

void Svg::text (Point at, const std::string& words, const char* anchor, const char* style)
{
    _body += print ("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>", at.x, at.y, anchor, style) + escaped (words)
             + "</text>\n";
}

std::string Svg::document () const
{
    return _body + "</svg>\n";
}

}  // namespace tool::bench
