// SPDX-License-Identifier: MIT
// A wait set over the queue of a set-up and a second queue, a Spsc of one element.
//
// What the set's mutex protects is not atomic, and calls are repeated from their start. So its bytes are a value in the
// memory of the model, which a thread loads when it has taken the mutex, and stores before it releases it.
#ifndef MODEL_WAIT_SET_HPP
#define MODEL_WAIT_SET_HPP

#include "setup.hpp"

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing;
class WaitSetState;
namespace detail
{
struct Control;
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

namespace model
{
/// What the kernel knows of the requests of a ring: for the words of the two queues, and for the bell.
struct KernelRing
{
    enum : uint32_t
    {
        none,
        pending,
        ended,
    };

    uint32_t requests[3];
    uint32_t count;    // requests that have ended and were not taken: the ring's thread sleeps on it
    uint64_t tags[3];  // the same in all states
};

/// The keys of the two queues in the set.
constexpr uint64_t firstQueue = 1;
constexpr uint64_t secondQueue = 2;

/// The ring of the set-up that is explored; null: it has none.
extern KernelRing* kernelRing;

/// Ends the ring's request for that word.
void wakeRing (const void* word) noexcept;

class SetWorld
{
public:
    /// @param rings the objects of the first queue, one for each thread
    SetWorld (const Setup& setup, const std::vector<join::OwnedRing*>& rings);
    ~SetWorld ();
    SetWorld (const SetWorld&) = delete;
    SetWorld& operator= (const SetWorld&) = delete;

    /// The number of the protected bytes as they are now. Equal bytes have equal numbers.
    uint64_t save ();
    void restore (uint64_t number) noexcept;

    /// Pushes to the second queue, or pops from it.
    /// @return the number of elements: 0 or 1
    int64_t push (unsigned thread, uint8_t id) noexcept;
    int64_t pop (unsigned thread, uint64_t* element) noexcept;

    join::WaitSetState* const set;
    join::detail::Control* control = nullptr;  // of the second queue
    char* elements = nullptr;                  // of the second queue
    KernelRing* kernel = nullptr;              // null: the set has no ring
    std::vector<join::OwnedRing*> rings;       // the objects of the second queue, one for each thread
    uint64_t number = 0;                       // of the protected bytes: a location
    uint8_t done = 0;                          // by the call that serves the set: events
    uint8_t filled = 0;                        // by it: cells

private:
    void makeRing ();
    void protect (const Setup& setup);

    std::vector<std::pair<char*, std::size_t>> _protected;
    std::map<std::string, uint64_t> _numbers;
    std::vector<const std::string*> _contents;  // by number
};

}  // namespace model

#endif
