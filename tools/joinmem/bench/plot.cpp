// SPDX-License-Identifier: MIT
// Draws latency by percentile. Each step to the right leaves a tenth of the values that the previous one left.
#include "report.hpp"
#include "svg.hpp"

#include <cmath>

namespace tool::bench
{
namespace
{
constexpr double plotLeft = 84;
constexpr double plotRight = 700;
constexpr double plotTop = 96;
constexpr double plotBottom = 400;
constexpr double plotWidth = 880;
constexpr double plotHeight = 470;

// Colours that colour-blind people can tell apart as well.
const char* colourOf (Kind kind)
{
    return kind == Kind::Spsc ? "#0072b2" : kind == Kind::Mpsc ? "#d55e00" : "#009e73";
}

std::string strokeOf (Kind kind, What what)
{
    return print ("stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\"%s", colourOf (kind),
                  what == What::Paced ? " stroke-dasharray=\"6 4\"" : "");
}

// Both axes are logarithmic: powers of ten of nanoseconds, and the number of nines of the percentile.
struct Axes
{
    double low = 1;  // log10 of ns
    double high = 4;
    double nines = 5;

    Point at (double share, double nanos) const
    {
        const double x = std::min (nines, -std::log10 (std::max (1e-9, 1 - share))) / nines;
        const double y = (std::log10 (std::max (1.0, nanos)) - low) / (high - low);
        return {plotLeft + x * (plotRight - plotLeft), plotBottom - y * (plotBottom - plotTop)};
    }
};

bool hasLatencies (const Row& row)
{
    return (row.what == What::HalfRoundtrip || row.what == What::Paced) && row.latencies.count () != 0;
}

Axes axesOf (const Results& results)
{
    double least = 1e12;
    double most = 1;
    double count = 10;
    for (const Row& row : results.rows)
    {
        if (hasLatencies (row))
        {
            least = std::min (least, static_cast<double> (row.latencies.quantile (0)));
            most = std::max (most, static_cast<double> (row.latencies.most ()));
            count = std::max (count, static_cast<double> (row.latencies.count ()));
        }
    }
    Axes axes;
    axes.low = std::floor (std::log10 (std::max (1.0, least)));
    axes.high = std::max (axes.low + 1, std::ceil (std::log10 (most)));
    axes.nines = std::ceil (std::log10 (count));
    return axes;
}

void drawGrid (Svg& svg, const Axes& axes)
{
    const char* const faint = "stroke=\"#d0d7de\"";
    for (double power = axes.low; power <= axes.high; ++power)
    {
        const double nanos = std::pow (10, power);
        const Point at = axes.at (0, nanos);
        svg.line (at, {plotRight, at.y}, faint);
        const double scaled = power < 3 ? nanos : power < 6 ? nanos * 1e-3 : power < 9 ? nanos * 1e-6 : nanos * 1e-9;
        const char* const unit = power < 3 ? "ns" : power < 6 ? "µs" : power < 9 ? "ms" : "s";
        svg.text ({at.x - 8, at.y + 4}, print ("%g %s", scaled, unit), "end");
    }
    for (double nine = 0; nine <= axes.nines; ++nine)
    {
        const Point at = axes.at (1 - std::pow (10, -nine), std::pow (10, axes.low));
        svg.line ({at.x, plotTop}, at, faint);
        svg.text ({at.x, at.y + 18},
                  print ("%.*f", static_cast<int> (std::max (0.0, nine - 2)), 100 - std::pow (10, 2 - nine)), "middle");
    }
    svg.text ({(plotLeft + plotRight) / 2, plotBottom + 42}, "percentile [%]", "middle");
    svg.text ({24, (plotTop + plotBottom) / 2}, "latency, one way [ns, µs, ms]", "middle",
              print ("transform=\"rotate(-90 24 %g)\"", (plotTop + plotBottom) / 2).c_str ());
}

// Two points per bucket, at its upper end: the share of the values below the bucket, and with the bucket.
void drawRow (Svg& svg, const Axes& axes, const Row& row)
{
    std::vector<Point> points;
    uint64_t seen = 0;
    for (unsigned i = 0; i < Histogram::buckets; ++i)
    {
        const uint64_t count = row.latencies.countIn (i);
        if (count == 0)
        {
            continue;
        }
        const double all = static_cast<double> (row.latencies.count ());
        const double nanos = static_cast<double> (std::min (Histogram::lastOf (i), row.latencies.most ()));
        points.push_back (axes.at (static_cast<double> (seen) / all, nanos));
        seen += count;
        // The last point is the largest value, at the percentile of one in that many.
        const double share = seen == row.latencies.count () ? 1 - 1 / all : static_cast<double> (seen) / all;
        points.push_back (axes.at (share, nanos));
    }
    svg.path (points, strokeOf (row.kind, row.what));
}

void drawLegend (Svg& svg)
{
    double y = plotTop + 10;
    for (What what : {What::HalfRoundtrip, What::Paced})
    {
        svg.text ({plotRight + 20, y}, what == What::Paced ? "paced, every 5 µs" : "half a round trip", "start");
        for (Kind kind : {Kind::Spsc, Kind::Mpsc, Kind::Mpmc})
        {
            y += 22;
            svg.path ({{plotRight + 20, y - 4}, {plotRight + 58, y - 4}}, strokeOf (kind, what));
            svg.text ({plotRight + 66, y}, nameOf (kind), "start");
        }
        y += 36;
    }
}
}  // namespace

std::string svgOf (const Results& results)
{
    const std::string title = "Latency by percentile: " + between (results.plan);
    Svg svg (plotWidth, plotHeight, title,
             "Latency of an element of 8 bytes from push to pop, by percentile, of the kinds Spsc, Mpsc and Mpmc.");
    svg.text ({plotLeft, 34}, title, "start", "font-size=\"18\" font-weight=\"bold\"");
    const Machine& machine = results.machine;
    svg.text ({plotLeft, 56},
              (machine.cpu.empty () ? machine.kernel : machine.cpu) + (machine.guest ? ", a virtual machine" : ""),
              "start");
    svg.text ({plotLeft, 76},
              print ("a cache line over and back: %.0f ns, between %.0f and %.0f", results.distances.all.median (),
                     results.distances.all.least (), results.distances.all.most ()),
              "start");
    const Axes axes = axesOf (results);
    drawGrid (svg, axes);
    for (const Row& row : results.rows)
    {
        if (hasLatencies (row))
        {
            drawRow (svg, axes, row);
        }
    }
    drawLegend (svg);
    return svg.document ();
}

}  // namespace tool::bench
