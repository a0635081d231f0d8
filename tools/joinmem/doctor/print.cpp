// SPDX-License-Identifier: MIT
#include "print.hpp"

#include "../show/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace tool::doctor
{
namespace
{
constexpr std::size_t widthMost = 100;
constexpr std::size_t idWidth = 19;
constexpr const char* indent = "           ";

const char* colourOf (Verdict verdict)
{
    switch (verdict)
    {
        case Verdict::Fine:
            return "\033[32m";
        case Verdict::Worse:
            return "\033[33m";
        case Verdict::Missing:
            return "\033[31m";
        case Verdict::Unknown:
            break;
    }
    return "\033[2m";
}

std::string padded (std::string text, std::size_t width)
{
    text.resize (std::max (width, text.size ()), ' ');
    return text;
}

std::string verdictText (Verdict verdict, bool colour, std::size_t width)
{
    const std::string word = padded (nameOf (verdict), width);
    return colour ? colourOf (verdict) + word + "\033[0m" : word;
}

// Broken between words, each line indented.
void printWrapped (std::ostream& out, const std::string& text)
{
    std::size_t column = 0;
    std::size_t begin = 0;
    while (begin < text.size ())
    {
        const std::size_t end = std::min (text.find (' ', begin), text.size ());
        const std::size_t length = end - begin;
        if (column != 0 && column + 1 + length > widthMost)
        {
            out << '\n';
            column = 0;
        }
        out << (column == 0 ? indent : " ");
        column += (column == 0 ? std::strlen (indent) : 1) + length;
        out.write (text.data () + begin, static_cast<std::streamsize> (length));
        begin = end + 1;
    }
    out << '\n';
}

void printCheck (std::ostream& out, const Check& check, bool colour)
{
    out << "  " << verdictText (check.verdict, colour, 9) << padded (check.id, idWidth) << ' '
        << printable (check.found) << '\n';
    if (!check.consequence.empty ())
    {
        printWrapped (out, printable (check.consequence));
    }
    if (!check.mend.empty ())
    {
        out << indent << "mend: " << printable (check.mend) << '\n';  // in one piece, to be copied
    }
}

// "worse: thp-enabled, memlock"
void printNames (std::ostream& out, const Checks& checks, Verdict verdict)
{
    const char* before = ": ";
    for (const Check& check : checks)
    {
        if (check.verdict == verdict)
        {
            out << (*before == ':' ? nameOf (verdict) : "") << before << check.id;
            before = ", ";
        }
    }
    out << (*before == ',' ? "\n" : "");
}
}  // namespace

void printText (std::ostream& out, const Checks& checks, const std::string& root, Style style)
{
    const char* section = "";
    for (const Check& check : checks)
    {
        if (style.brief && check.verdict <= Verdict::Unknown)
        {
            continue;
        }
        if (std::strcmp (section, check.section) != 0)
        {
            out << (*section != '\0' ? "\n" : "") << check.section << '\n';
            section = check.section;
        }
        printCheck (out, check, style.colour);
    }
    const auto count = [&] (Verdict verdict) {
        return std::count_if (checks.begin (), checks.end (),
                              [=] (const Check& check) { return check.verdict == verdict; });
    };
    out << (*section != '\0' ? "\n" : "") << (root.empty () ? "This machine" : printable (root)) << ": "
        << verdictText (overall (checks), style.colour, 0) << " (" << count (Verdict::Fine) << " fine, "
        << count (Verdict::Unknown) << " unknown, " << count (Verdict::Worse) << " worse, " << count (Verdict::Missing)
        << " missing)\n";
    printNames (out, checks, Verdict::Worse);
    printNames (out, checks, Verdict::Missing);
}

void printJson (std::ostream& out, const Checks& checks, const std::string& root)
{
    using Json = nlohmann::ordered_json;
    Json list = Json::array ();
    for (const Check& check : checks)
    {
        list.push_back ({{"id", check.id},
                         {"section", check.section},
                         {"title", check.title},
                         {"verdict", nameOf (check.verdict)},
                         {"found", check.found},
                         {"consequence", check.consequence},
                         {"mend", check.mend.empty () ? Json (nullptr) : Json (check.mend)}});
    }
    const Json document = {{"joinmem", JOINMEM_TOOL_VERSION},
                           {"root", root.empty () ? Json (nullptr) : Json (root)},
                           {"verdict", nameOf (overall (checks))},
                           {"checks", list}};
    // A path may have bytes that are no UTF-8, and still make a document.
    out << document.dump (2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace tool::doctor
