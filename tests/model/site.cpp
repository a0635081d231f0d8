// SPDX-License-Identifier: MIT
#include "site.hpp"

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace model
{
namespace
{
using Lines = std::vector<std::string>;

const Lines& linesOf (const std::string& path)
{
    static std::map<std::string, Lines> files;
    Lines& lines = files[path];
    if (lines.empty ())
    {
        std::ifstream file (path);
        for (std::string line; std::getline (file, line);)
        {
            lines.push_back (line);
        }
        if (lines.empty ())
        {
            throw std::runtime_error (path + " cannot be read: run this in the folder of the build");
        }
    }
    return lines;
}

std::string trimmed (const std::string& line)
{
    const std::size_t from = line.find_first_not_of (' ');
    return from == std::string::npos ? "" : line.substr (from);
}

bool isComment (const std::string& line)
{
    return trimmed (line).compare (0, 2, "//") == 0;
}

std::string labelIn (const std::string& line)
{
    const std::size_t comment = line.find ("// ");
    const std::size_t from = comment == std::string::npos ? comment : line.find ('[', comment);
    const std::size_t to = from == std::string::npos ? from : line.find (']', from);
    return to == std::string::npos ? "" : line.substr (from + 1, to - from - 1);
}

bool ends (const std::string& line)
{
    const std::string code = line.substr (0, line.find ("//"));
    return code.find (';') != std::string::npos || code.find ('{') != std::string::npos
           || code.find_last_not_of (' ') == std::string::npos
           || (code.find ("if (") != std::string::npos && code.find ("))") != std::string::npos);
}

// Finds the statement of the line, and its label: in the comments of its lines, or right above.
void describe (const Lines& lines, Site* site)
{
    std::size_t first = static_cast<std::size_t> (site->line - 1);
    while (first > 0 && !isComment (lines[first - 1]) && !ends (lines[first - 1]) && trimmed (lines[first - 1]) != "}")
    {
        --first;
    }
    for (std::size_t i = first; i < lines.size (); ++i)
    {
        site->text += (i == first ? "" : " ") + trimmed (lines[i].substr (0, lines[i].find (" //")));
        site->label = site->label.empty () ? labelIn (lines[i]) : site->label;
        if (ends (lines[i]))
        {
            break;
        }
    }
    for (std::size_t i = first; site->label.empty () && i > 0 && isComment (lines[i - 1]); --i)
    {
        site->label = labelIn (lines[i - 1]);
    }
}

std::map<std::pair<std::string, int>, std::unique_ptr<Site>>& all ()
{
    static std::map<std::pair<std::string, int>, std::unique_ptr<Site>> sites;
    return sites;
}

const char* nameOf (Order order)
{
    constexpr const char* names[] = {"plain", "relaxed", "acquire", "release", "acq_rel", "seq_cst"};
    return names[static_cast<unsigned> (order)];
}

// The weaker orders to try. A seq_cst here is the default of a slow path and as good as acq_rel, so it is weakened to
// relaxed at once.
std::vector<Order> below (Order order, bool modify)
{
    switch (order)
    {
        case Order::SeqCst:
            return modify ? std::vector<Order> {Order::Relaxed} : std::vector<Order> ();
        case Order::AcqRel:
            return {Order::Acquire, Order::Release};
        case Order::Acquire:
        case Order::Release:
            return {Order::Relaxed};
        default:
            return {};
    }
}
}  // namespace

std::string Site::where () const
{
    return file + ":" + std::to_string (line) + (label.empty () ? "" : " [" + label + "]");
}

const Site* siteOf (const char* path, int line, const Access& access)
{
    static std::map<std::pair<const char*, int>, Site*> quick;
    Site*& known = quick[{path, line}];
    if (known != nullptr)
    {
        known->order = std::max (known->order, access.order);
        return known;
    }
    const std::string full = path;
    const std::string file = full.substr (full.rfind ('/') + 1);
    const std::size_t folder = full.rfind ('/', full.size () - file.size () - 2);
    std::unique_ptr<Site>& site = all ()[{full.substr (folder + 1), line}];  // two folders have an entry.cpp
    if (site == nullptr)
    {
        const bool modify = access.kind == Kind::Add || access.kind == Kind::And || access.kind == Kind::Or
                            || access.kind == Kind::Exchange;
        const bool core =
            full.find ("/join/detail/") != std::string::npos || full.find ("/src/queue/") != std::string::npos;
        site.reset (
            new Site {file, line, "", "", access.order, access.failure, access.kind == Kind::Swap, modify, core});
        describe (linesOf (full), site.get ());
    }
    known = site.get ();
    return known;
}

std::vector<const Site*> sites ()
{
    std::vector<const Site*> list;
    for (const auto& entry : all ())
    {
        list.push_back (entry.second.get ());
    }
    return list;
}

bool Mutant::means (const Site& other) const
{
    if (mistake == Mistake::Order)
    {
        return site == &other;
    }
    return !text.empty () && other.text.find (text) != std::string::npos && (file.empty () || file == other.file);
}

std::vector<Mutant> weakened ()
{
    std::vector<Mutant> mutants;
    for (const Site* site : sites ())
    {
        if (!site->core)
        {
            continue;
        }
        const auto add = [&] (const std::string& change, Order order, Order failure) {
            mutants.push_back (Mutant {site->where () + ": " + change, Mistake::Order, site, order, failure, "", ""});
        };
        for (Order order : below (site->order, site->swap || site->modify))
        {
            add (std::string (nameOf (site->order)) + " -> " + nameOf (order), order,
                 site->order == Order::SeqCst ? order : site->failure);
        }
        if (site->swap && site->failure == Order::Acquire)
        {
            add ("on failure acquire -> relaxed", site->order, Order::Relaxed);
        }
    }
    return mutants;
}

}  // namespace model
