// SPDX-License-Identifier: MIT
#include "system_files.hpp"

#include <algorithm>
#include <fstream>

namespace harness
{
std::string lineOf (const std::string& path)
{
    std::ifstream file (path);
    std::string line;
    std::getline (file, line);
    return line;
}

std::string valueIn (const std::string& path, const std::string& key)
{
    std::ifstream file (path);
    for (std::string line; std::getline (file, line);)
    {
        const std::size_t colon = line.find (':');
        if (colon != std::string::npos && line.compare (0, key.size (), key) == 0)
        {
            return line.substr (std::min (line.find_first_not_of (" \t", colon + 1), line.size ()));
        }
    }
    return std::string ();
}

bool isGuest ()
{
    return (valueIn ("/proc/cpuinfo", "flags") + " ").find (" hypervisor ") != std::string::npos;
}

}  // namespace harness
