// SPDX-License-Identifier: MIT
// The lanes of a shared Mpsc or Mpmc: which thread of this process has which, and the leases that tell others so.
#ifndef JOIN_SRC_QUEUE_LANES_HPP
#define JOIN_SRC_QUEUE_LANES_HPP

#include "failure.hpp"
#include "shared.hpp"

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
struct LaneTable;

/// Lives in its ring. Threads find their entries without it; what is here is for a thread's first push and for its end.
class Lanes
{
public:
    Lanes () noexcept = default;
    Lanes (const Lanes&) = delete;
    Lanes& operator= (const Lanes&) = delete;
    ~Lanes ();

    /// The lanes of the segment whose descriptor `file ()` is. Fresh descriptions of it are opened by that; or, where it is
    /// closed afterwards, by name.
    /// @param leaseBytes what one page of the file is, for a mapping
    /// @param name of the segment, with its slash; kept
    Failure find (detail::Lane* first, uint32_t count, std::size_t leaseBytes, const char* name) noexcept;

    /// From here on there are entries, and lanes may be taken.
    /// @param together with all other objects of this process on the segment, so that a thread has one lane for all of them
    Failure start (bool together) noexcept;

    File& file () noexcept
    {
        return _file;
    }

    /// Sets the handlers for fork(2), once: before anybody whose own handlers destroy rings in the child, which come later
    /// then. 0, or an errno.
    static int prepareFork () noexcept;

    detail::LaneEntry* entries () const noexcept;
    static uint32_t entryMask () noexcept;

    /// The calling thread's entry, with a lane of its own or the shared one.
    Failure enter (bool fences, detail::LaneEntry** entry) noexcept;

    uint32_t takeShared (const detail::LaneEntry& entry) noexcept;
    void giveShared () noexcept;

    /// Whether a lane looks free: another may be faster.
    bool hasFree () const noexcept;

    /// A lane whose owner is dead, as the kernel says.
    struct Dead
    {
        detail::Lane* lane;
        uint32_t state;  // as it was before the kernel was asked
    };

    /// Whether the owner of that lane, 1 and up, is dead. false too where it cannot be known.
    bool isDead (uint32_t number, Dead* dead) noexcept;

    /// Whether anybody holds the lease of that lane, as the kernel says.
    Failure probe (uint32_t number, bool* held) noexcept;

    /// That lane for the whole object, whichever thread; its entry is the one of that number. EBUSY: another has it.
    Failure takeSide (uint32_t number) noexcept;

    /// The lane is free again: only behind a recovery that began when its owner was known to be dead. Whether it was this
    /// call that freed it.
    static bool bury (const Dead& dead) noexcept;

    detail::Lane* lane (uint32_t number) const noexcept
    {
        return number >= 1 && number <= _count ? _first + number - 1 : nullptr;
    }

    uint32_t count () const noexcept
    {
        return _count;
    }

    /// The thread is about to end: its lane goes back.
    void leave (const void* thread) noexcept;

    /// All that this object's table has goes back.
    void giveAll () noexcept;

private:
    Failure takeLane (uint32_t* number) noexcept;
    Failure lease (uint32_t number, bool* taken) noexcept;
    Failure openFresh (File* fresh) noexcept;
    bool isOurs (int file) const noexcept;
    Failure probeBy (int file, uint32_t number, bool* held) noexcept;
    void giveLane (uint32_t number) noexcept;
    bool shareOne (bool fences) noexcept;
    void share (detail::LaneEntry& entry, uint32_t own, uint32_t shared) noexcept;
    bool takeAway (detail::LaneEntry& entry, bool fences) noexcept;
    detail::LaneEntry* freeEntry () noexcept;

    friend class LaneRegistry;

    LaneTable* _table = nullptr;  // on pages that a forked child finds empty
    bool _together = false;
    detail::Lane* _first = nullptr;
    uint32_t _count = 0;
    std::size_t _leaseBytes = 0;
    uint64_t _device = 0;
    uint64_t _inode = 0;
    const char* _name = "";
    File _file;
    Lanes* _next = nullptr;  // of all that there are
    Lanes* _previous = nullptr;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
