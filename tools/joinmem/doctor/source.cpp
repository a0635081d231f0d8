// SPDX-License-Identifier: MIT
#include "source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr std::size_t largestFile = std::size_t (1) << 20;
constexpr int largestList = 8192;

bool beginsWith (const std::string& text, const std::string& beginning)
{
    return text.compare (0, beginning.size (), beginning) == 0;
}

// mountinfo writes a space in a path as \040.
std::string unescaped (const std::string& text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size (); ++i)
    {
        if (text[i] == '\\' && i + 3 < text.size ())
        {
            result += static_cast<char> (std::strtol (text.substr (i + 1, 3).c_str (), nullptr, 8));
            i += 3;
        }
        else
        {
            result += text[i];
        }
    }
    return result;
}

// ID PARENT DEVICE ROOT PATH OPTIONS [TAGS...] - TYPE SOURCE SUPEROPTIONS
bool parseMount (const std::string& line, Mount* mount)
{
    const std::vector<std::string> words = wordsOf (line);
    const auto dash = std::find (words.begin (), words.end (), "-");
    if (dash - words.begin () < 6 || words.end () - dash < 3)
    {
        return false;
    }
    mount->root = unescaped (words[3]);
    mount->path = unescaped (words[4]);
    mount->options = words[5];
    mount->type = dash[1];
    mount->superOptions = words.end () - dash > 3 ? dash[3] : "";
    return true;
}

bool isBelow (const std::string& path, const std::string& folder)
{
    return folder == "/" || path == folder || beginsWith (path, folder + "/");
}
}  // namespace

Source::Source (std::string root)
: _root (std::move (root))
{
    for (const std::string& line : linesOf (read ("/proc/self/mountinfo").value_or ("")))
    {
        Mount mount;
        if (parseMount (line, &mount))
        {
            _mounts.push_back (std::move (mount));
        }
    }
}

std::optional<std::string> Source::read (const std::string& path) const
{
    const int file = ::open ((_root + path).c_str (), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file == -1)
    {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 4096> piece;
    ssize_t got;
    do
    {
        got = ::read (file, piece.data (), piece.size ());
        text.append (piece.data (), got > 0 ? static_cast<std::size_t> (got) : 0);
    }
    while ((got > 0 && text.size () < largestFile) || (got == -1 && errno == EINTR));
    ::close (file);
    return got == -1 && text.empty () ? std::nullopt : std::optional<std::string> (text);
}

std::string Source::firstLine (const std::string& path) const
{
    const std::string text = read (path).value_or ("");
    return text.substr (0, text.find ('\n'));
}

std::optional<uint64_t> Source::number (const std::string& path) const
{
    return toNumber (firstLine (path));
}

std::string Source::chosen (const std::string& path) const
{
    const std::string line = firstLine (path);
    const std::size_t open = line.find ('[');
    const std::size_t close = line.find (']', open == std::string::npos ? 0 : open);
    return open == std::string::npos || close == std::string::npos ? line : line.substr (open + 1, close - open - 1);
}

std::string Source::field (const std::string& path, const std::string& key) const
{
    for (const std::string& line : linesOf (read (path).value_or ("")))
    {
        if (beginsWith (line, key + ":"))
        {
            const std::size_t value = line.find_first_not_of (" \t", key.size () + 1);
            return value == std::string::npos ? "" : line.substr (value);
        }
    }
    return "";
}

std::string Source::link (const std::string& path) const
{
    std::array<char, 512> target;
    const ssize_t length = ::readlink ((_root + path).c_str (), target.data (), target.size ());
    return length > 0 ? std::string (target.data (), static_cast<std::size_t> (length)) : "";
}

bool Source::exists (const std::string& path) const
{
    struct stat status;
    return ::lstat ((_root + path).c_str (), &status) == 0;
}

bool Source::isFolder (const std::string& path) const
{
    struct stat status;
    return ::stat ((_root + path).c_str (), &status) == 0 && S_ISDIR (status.st_mode);
}

std::vector<std::string> Source::names (const std::string& folder, const std::string& prefix) const
{
    std::vector<std::string> result;
    std::error_code error;
    for (std::filesystem::directory_iterator entry (_root + folder, error), end; !error && entry != end;
         entry.increment (error))
    {
        std::string name = entry->path ().filename ().string ();
        if (beginsWith (name, prefix))
        {
            result.push_back (std::move (name));
        }
    }
    std::sort (result.begin (), result.end ());
    return result;
}

const Mount* Source::mountOf (const std::string& path) const
{
    const Mount* found = nullptr;
    for (const Mount& mount : _mounts)
    {
        if (isBelow (path, mount.path) && (found == nullptr || mount.path.size () >= found->path.size ()))
        {
            found = &mount;
        }
    }
    return found;
}

std::vector<std::string> linesOf (const std::string& text)
{
    std::vector<std::string> result;
    std::istringstream stream (text);
    for (std::string line; std::getline (stream, line);)
    {
        result.push_back (line);
    }
    return result;
}

std::vector<std::string> wordsOf (const std::string& line)
{
    std::vector<std::string> result;
    std::istringstream stream (line);
    for (std::string word; stream >> word;)
    {
        result.push_back (word);
    }
    return result;
}

std::string optionOf (const std::string& options, const std::string& key)
{
    std::istringstream stream (options);
    for (std::string option; std::getline (stream, option, ',');)
    {
        if (beginsWith (option, key + "="))
        {
            return option.substr (key.size () + 1);
        }
    }
    return "";
}

bool hasWord (const std::string& list, const std::string& word)
{
    return ("," + list + ",").find ("," + word + ",") != std::string::npos;
}

std::vector<int> numbersOf (const std::string& list)
{
    std::vector<int> result;
    std::istringstream stream (list);
    for (std::string range; std::getline (stream, range, ',');)
    {
        const std::optional<uint64_t> first = toNumber (range);
        const std::size_t dash = range.find ('-');
        const std::optional<uint64_t> last = dash == std::string::npos ? first : toNumber (range.substr (dash + 1));
        if (!first || !last || *last > largestList)
        {
            continue;
        }
        for (uint64_t i = *first; i <= *last; ++i)
        {
            result.push_back (static_cast<int> (i));
        }
    }
    return result;
}

std::optional<uint64_t> toNumber (const std::string& text)
{
    if (text.empty () || text[0] < '0' || text[0] > '9')
    {
        return std::nullopt;
    }
    return std::strtoull (text.c_str (), nullptr, 10);
}

}  // namespace tool::doctor
