// SPDX-License-Identifier: MIT
// Where facts are read: the files of this machine, or those below a folder that looks like one. What is not there, or
// may not be read, is no error: it comes back empty.
#ifndef JOINMEM_TOOL_DOCTOR_SOURCE_HPP
#define JOINMEM_TOOL_DOCTOR_SOURCE_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tool::doctor
{
/// A line of /proc/self/mountinfo, see proc(5).
struct Mount
{
    std::string root;     ///< the folder of the file system that is seen there
    std::string path;     ///< where
    std::string options;  ///< of this mount
    std::string type;
    std::string superOptions;  ///< of the file system
};

class Source
{
public:
    /// @param root the folder; empty: this machine
    explicit Source (std::string root);

    /// Whether it is this machine, so that system calls say something about it.
    bool live () const noexcept
    {
        return _root.empty ();
    }

    /// All of a file, 1 MiB of it at most. Never waits: not for a FIFO's other end, either.
    std::optional<std::string> read (const std::string& path) const;

    std::string firstLine (const std::string& path) const;
    std::optional<uint64_t> number (const std::string& path) const;

    /// Of a knob that lists what can be chosen: the word in brackets, else the line.
    std::string chosen (const std::string& path) const;

    /// What a line "KEY: value" of the file has.
    std::string field (const std::string& path, const std::string& key) const;

    /// Where a symbolic link points, which need not be there.
    std::string link (const std::string& path) const;

    bool exists (const std::string& path) const;
    bool isFolder (const std::string& path) const;

    /// Names in a folder that begin so, in order.
    std::vector<std::string> names (const std::string& folder, const std::string& prefix) const;

    /// In the order in which they were mounted.
    const std::vector<Mount>& mounts () const noexcept
    {
        return _mounts;
    }

    /// The one on top at that path, or at the nearest folder above it; null where mountinfo cannot be read.
    const Mount* mountOf (const std::string& path) const;

private:
    std::string _root;
    std::vector<Mount> _mounts;
};

std::vector<std::string> linesOf (const std::string& text);
std::vector<std::string> wordsOf (const std::string& line);

/// The value of KEY=value in options that commas separate; empty where there is none.
std::string optionOf (const std::string& options, const std::string& key);

/// Whether a list with commas has the word.
bool hasWord (const std::string& list, const std::string& word);

/// The numbers of a list such as "0-3,8".
std::vector<int> numbersOf (const std::string& list);

/// Decimal digits; none where the text does not begin with one.
std::optional<uint64_t> toNumber (const std::string& text);

}  // namespace tool::doctor

#endif
