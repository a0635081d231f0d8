// SPDX-License-Identifier: MIT
// Knobs of the machine and cgroups, put back even when the test is killed: a guardian process, out of the reach of what
// kills the test's process group, keeps the old values and sees the end of the test as the end of a pipe.
#ifndef JOIN_TESTS_SYSTEM_GUARDIAN_HPP
#define JOIN_TESTS_SYSTEM_GUARDIAN_HPP

#include <cstdint>
#include <string>

namespace guardian
{
/// For a forked child: the test does not live on in it.
void forget ();
}  // namespace guardian

/// A file under /sys or /proc that has another value for the life of this object. Other runs of these tests wait until
/// this one has ended.
class Knob
{
public:
    /// @throw std::runtime_error it cannot be written
    Knob (const std::string& path, const std::string& value);
    Knob (const Knob&) = delete;
    Knob& operator= (const Knob&) = delete;
    ~Knob ();

    /// Whether this process may turn it. Ask before looking at what knobs say: from then on no other run turns them.
    static bool turns (const std::string& path);

private:
    std::string _path;
    std::string _before;
};

/// A memory cgroup below that of this process, v1 or v2; gone with the object.
class MemoryGroup
{
public:
    /// @param above the group that this one is made in; none: that of the process
    explicit MemoryGroup (const MemoryGroup* above = nullptr);
    MemoryGroup (const MemoryGroup&) = delete;
    MemoryGroup& operator= (const MemoryGroup&) = delete;
    ~MemoryGroup ();

    /// Of RAM. Nothing is swapped, as far as the kernel lets itself be told.
    void limit (uint64_t bytes) const;

    /// Processes of it that the OOM killer has taken.
    uint64_t kills () const;

    /// Puts the calling process into it. For children, which leave it by their end.
    void join () const;

    const std::string& folder () const
    {
        return _folder;
    }

    bool unified () const
    {
        return _unified;
    }

    /// Why there can be none here; empty where it can.
    static std::string missing ();

private:
    std::string _folder;
    bool _unified = false;
};

#endif
