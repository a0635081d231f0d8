// SPDX-License-Identifier: MIT
/// A segment as a hostile peer sees it: bytes. And a function that makes every call on a queue, each with a timeout.
#ifndef JOIN_TESTS_QUEUE_RAW_HPP
#define JOIN_TESTS_QUEUE_RAW_HPP

#include "kinds.hpp"

#include "../hang.hpp"
#include "../segment_file.hpp"

#include <fstream>
#include <sstream>

#include <sys/mman.h>

class Raw
{
public:
    explicit Raw (const std::string& name)
    : _memory (name)
    {
    }

    unsigned char* bytes ()
    {
        return static_cast<unsigned char*> (_memory.get ());
    }

    uint64_t size () const
    {
        return _memory.size ();
    }

    join::detail::Control& control ()
    {
        return *static_cast<join::detail::Control*> (_memory.get ());
    }

    template <typename Word>
    void put (uint64_t offset, Word word)
    {
        std::memcpy (bytes () + offset, &word, sizeof (word));
    }

    template <typename Word>
    Word at (uint64_t offset)
    {
        Word word;
        std::memcpy (&word, bytes () + offset, sizeof (word));
        return word;
    }

    /// Resets the segment to the initial state of any queue: zeros after the identity.
    void renew ()
    {
        std::memset (bytes () + sizeof (join::detail::Identity), 0, size () - sizeof (join::detail::Identity));
    }

private:
    SegmentFile _memory;
};

/// Maps inaccessible pages around each mapping of that file, where the addresses are free. Returns their number.
inline int fenceIn (const std::string& path)
{
    std::ifstream maps ("/proc/self/maps");
    std::vector<std::pair<uintptr_t, uintptr_t>> ours;
    for (std::string line; std::getline (maps, line);)
    {
        uintptr_t from = 0;
        uintptr_t to = 0;
        if (line.find (path) != std::string::npos
            && std::sscanf (line.c_str (), "%lx-%lx", &from, &to) == 2)  // NOLINT: /proc writes this format
        {
            ours.emplace_back (from, to);
        }
    }
    int fences = 0;
    for (const auto& range : ours)
    {
        for (const uintptr_t place : {range.first - (1U << 16), range.second})
        {
            void* const wanted = reinterpret_cast<void*> (place);
            void* const got = ::mmap (wanted, 1U << 16, PROT_NONE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
            fences += got == wanted ? 1 : 0;
        }
    }
    return fences;
}

/// Whether the bytes from the end of the segment to the end of its last page are still zero.
inline bool untouchedBeyond (Raw& raw, uint64_t end)
{
    for (uint64_t i = end; i < raw.size (); ++i)
    {
        if (raw.bytes ()[i] != 0)
        {
            return false;
        }
    }
    return true;
}

/// The zero-copy calls: touches every element that they return.
template <typename Queue>
void everyCallInPlace (Queue& queue, uint64_t n)
{
    const auto room = queue.reserve (n);
    for (auto& element : room)
    {
        std::memset (static_cast<void*> (&element), 0x5a, sizeof (element));
    }
    queue.commit (room.size ());
    uint64_t sum = 0;
    const auto peeked = queue.peek (n);
    for (const auto& element : peeked)
    {
        unsigned char last = 0;
        std::memcpy (&last, reinterpret_cast<const char*> (&element) + sizeof (element) - 1, 1);
        sum += last;
    }
    queue.release (peeked.size ());
    __asm__ volatile("" : : "r"(sum));
}

/// Returns "" or what is wrong: calls with short timeouts hang, or a call returns an impossible count.
template <typename Kind, typename T>
std::string everyCall (typename Kind::template Queue<T>& queue, std::chrono::nanoseconds timeout)
{
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now ();
    std::vector<T> some (5);
    const auto counts = [] (int64_t done) { return done == -1 || (done >= 1 && done <= 5); };
    bool right = queue.pending () <= queue.capacity () && queue.available () <= queue.capacity ();
    queue.tryPush (some[0]);
    right = counts (queue.tryPush (some.data (), 5)) && right;
    queue.tryPop (some[0]);
    right = counts (queue.tryPop (some.data (), 5)) && right;
    queue.push (some[0], timeout);
    right = counts (queue.push (some.data (), 5, timeout)) && right;
    queue.pop (some[0], timeout);
    right = counts (queue.pop (some.data (), 5, timeout)) && right;
    right = counts (queue.popSome (some.data (), 5, timeout)) && right;
    if constexpr (Kind::spsc)
    {
        everyCallInPlace (queue, 5);
    }
    right = queue.pending () <= queue.capacity () && right;
    if (Clock::now () - start > hangLimit)
    {
        return "calls with short timeouts take as long as a hang";
    }
    return right ? "" : "a call returned an impossible count";
}

#endif
