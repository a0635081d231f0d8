// SPDX-License-Identifier: MIT
// The source of facts: the files of this machine, or those below a directory with the structure of a root directory. A
// file that does not exist or cannot be read is not an error: the result is empty.
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
    std::string root;     ///< the directory of the file system that is mounted
    std::string path;     ///< the mount point
    std::string options;  ///< of this mount
    std::string type;
    std::string superOptions;  ///< of the file system
};

class Source
{
public:
    /// @param root the directory; empty: this machine
    explicit Source (std::string root);

    /// Whether the source is this machine, so that system calls describe it.
    bool live () const noexcept
    {
        return _root.empty ();
    }

    /// The contents of a file, at most about 1 MiB. Never blocks, not even on a FIFO.
    std::optional<std::string> read (const std::string& path) const;

    std::string firstLine (const std::string& path) const;
    std::optional<uint64_t> number (const std::string& path) const;

    /// The value of a setting whose file lists all choices: the word in brackets, else the line.
    std::string chosen (const std::string& path) const;

    /// The value of the line "KEY: value" in the file.
    std::string field (const std::string& path, const std::string& key) const;

    /// The target of a symbolic link, which need not exist.
    std::string link (const std::string& path) const;

    bool exists (const std::string& path) const;
    bool isFolder (const std::string& path) const;

    /// The names in a directory that begin with the prefix, sorted.
    std::vector<std::string> names (const std::string& folder, const std::string& prefix) const;

    /// The mounts, in the order in which they were mounted.
    const std::vector<Mount>& mounts () const noexcept
    {
        return _mounts;
    }

    /// The topmost mount at that path or at its nearest parent directory; null if mountinfo cannot be read.
    const Mount* mountOf (const std::string& path) const;

private:
    std::string _root;
    std::vector<Mount> _mounts;
};

std::vector<std::string> linesOf (const std::string& text);
std::vector<std::string> wordsOf (const std::string& line);

/// The value of KEY=value in a comma-separated list of options; empty if there is none.
std::string optionOf (const std::string& options, const std::string& key);

/// Whether a comma-separated list contains the word.
bool hasWord (const std::string& list, const std::string& word);

/// The numbers of a list such as "0-3,8".
std::vector<int> numbersOf (const std::string& list);

/// The decimal number that the text begins with; none if it does not begin with a digit.
std::optional<uint64_t> toNumber (const std::string& text);

}  // namespace tool::doctor

#endif
