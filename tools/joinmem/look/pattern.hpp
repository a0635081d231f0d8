// SPDX-License-Identifier: MIT
// Selects names by patterns of the command line.
#ifndef JOINMEM_TOOL_PATTERN_HPP
#define JOINMEM_TOOL_PATTERN_HPP

#include <string>
#include <vector>

namespace tool
{
/// Shell patterns, see glob(7): `*`, `?` and `[...]`. A leading slash of a pattern or of a name is ignored.
class Patterns
{
public:
    /// @param patterns empty: all names match
    explicit Patterns (const std::vector<std::string>& patterns);

    /// Whether one of the patterns matches the name. The object records which patterns have matched.
    bool match (const std::string& name);

    /// The patterns that have matched no name yet, as in the command line.
    std::vector<std::string> unmatched () const;

private:
    struct One
    {
        std::string input;
        bool matched = false;
    };

    std::vector<One> _patterns;
};

/// "a2" before "a10": runs of digits compare as numbers, all else as bytes.
bool naturalLess (const std::string& a, const std::string& b) noexcept;

}  // namespace tool

#endif
