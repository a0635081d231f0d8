// SPDX-License-Identifier: MIT
// Settings of the machine and cgroups, restored even if the test is killed. A guardian process, which is not in the
// test's process group and so outlives its death, keeps the old values; it sees the end of the test as the end of a
// pipe.
#ifndef JOIN_TESTS_SYSTEM_GUARDIAN_HPP
#define JOIN_TESTS_SYSTEM_GUARDIAN_HPP

#include <cstdint>
#include <string>

namespace guardian
{
/// Called in a forked child, so that the child does not keep the test's pipes open.
void forget ();
}  // namespace guardian

/// Gives a file under /sys or /proc another value for the lifetime of this object. Other runs of these tests wait until
/// this run has ended.
class Setting
{
public:
    /// @throw std::runtime_error if it cannot be written
    Setting (const std::string& path, const std::string& value);
    Setting (const Setting&) = delete;
    Setting& operator= (const Setting&) = delete;
    ~Setting ();

    /// Whether this process may change the setting. Call it before reading settings: no other run changes them
    /// afterwards.
    static bool turns (const std::string& path);

private:
    std::string _path;
    std::string _before;
};

/// A memory cgroup below that of this process, v1 or v2; the destructor removes it.
class MemoryGroup
{
public:
    /// @param above the parent group; none: the group of the process
    explicit MemoryGroup (const MemoryGroup* above = nullptr);
    MemoryGroup (const MemoryGroup&) = delete;
    MemoryGroup& operator= (const MemoryGroup&) = delete;
    ~MemoryGroup ();

    /// Limits RAM, and swap to 0 where the kernel allows it.
    void limit (uint64_t bytes) const;

    /// The number of its processes that the OOM killer has killed.
    uint64_t kills () const;

    /// Moves the calling process into the group. For children, which leave it when they end.
    void join () const;

    const std::string& folder () const
    {
        return _folder;
    }

    bool unified () const
    {
        return _unified;
    }

    /// Why no group can be created here; empty if one can.
    static std::string missing ();

private:
    std::string _folder;
    bool _unified = false;
};

#endif
