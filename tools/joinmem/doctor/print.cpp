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
constexpr std::size_t idWidth = 19;

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

// Breaks the text between words. The cursor is at column `indent`; each further line begins with that many spaces.
void printWrapped (std::ostream& out, const std::string& text, std::size_t indent, std::size_t width)
{
    std::size_t column = indent;
    std::size_t begin = 0;
    while (begin < text.size ())
    {
        const std::size_t end = std::min (text.find (' ', begin), text.size ());
        const std::string word = text.substr (begin, end - begin);
        if (begin != 0 && column + 1 + widthOf (word) > width)
        {
            out << '\n' << std::string (indent, ' ');
            column = indent;
        }
        else if (begin != 0)
        {
            out << ' ';
            ++column;
        }
        out << word;
        column += widthOf (word);
        begin = end + 1;
    }
    out << '\n';
}

void printCheck (std::ostream& out, const Check& check, Style style)
{
    constexpr std::size_t indent = 11;
    out << "  " << verdictText (check.verdict, style.colour, 9) << padded (check.id, idWidth) << ' ';
    printWrapped (out, printable (check.found), 2 + 9 + idWidth + 1, std::max<std::size_t> (style.width, 60));
    if (!check.consequence.empty ())
    {
        out << std::string (indent, ' ');
        printWrapped (out, printable (check.consequence), indent, std::max<std::size_t> (style.width, 60));
    }
    if (!check.fix.empty ())
    {
        out << std::string (indent, ' ') << "fix: " << printable (check.fix) << '\n';  // in one line, to be copied
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
        if (!style.all && check.verdict <= Verdict::Unknown)
        {
            continue;
        }
        if (std::strcmp (section, check.section) != 0)
        {
            out << (*section != '\0' ? "\n" : "") << check.section << '\n';
            section = check.section;
        }
        printCheck (out, check, style);
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
    if (style.hint && count (Verdict::Fine) + count (Verdict::Unknown) != 0)
    {
        out << "--all also shows the checks that are fine or unknown\n";
    }
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
                         {"fix", check.fix.empty () ? Json (nullptr) : Json (check.fix)}});
    }
    const Json document = {{"joinmem", JOINMEM_TOOL_VERSION},
                           {"root", root.empty () ? Json (nullptr) : Json (root)},
                           {"verdict", nameOf (overall (checks))},
                           {"checks", list}};
    // A path may have bytes that are not UTF-8; the document is valid all the same.
    out << document.dump (2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace tool::doctor
