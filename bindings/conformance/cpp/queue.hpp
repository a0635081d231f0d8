// SPDX-License-Identifier: MIT
// A queue of the player in C++: one interface for queue objects of all types.
#ifndef PLAYER_QUEUE_HPP
#define PLAYER_QUEUE_HPP

#include <join/queue_options.hpp>
#include <join/wait_set.hpp>

#include <memory>
#include <string>

/// Calls return what those of BasicQueue do: -1, or null, with join::lastError. Timeouts are milliseconds: 0 tries, -1
/// waits without limit.
class PlayerQueue
{
public:
    virtual ~PlayerQueue () = default;

    virtual int push (const void* element, int64_t timeout) = 0;
    virtual int pop (void* element, int64_t timeout) = 0;
    virtual int64_t pushMany (const void* elements, uint64_t n, int64_t timeout) = 0;
    virtual int64_t popMany (void* elements, uint64_t n, int64_t timeout) = 0;
    virtual int pushAll (const void* elements, uint64_t n) = 0;
    virtual int64_t popSome (void* elements, uint64_t n) = 0;

    /// Zero copy; ENOTSUP for queue types that have none.
    virtual void* reserve (uint64_t* n) = 0;
    virtual int commit (uint64_t n) = 0;
    virtual const void* peek (uint64_t* n) = 0;
    virtual int release (uint64_t n) = 0;

    /// Moves the queue out of the object and destroys it; the library refuses the calls of an object without a queue.
    virtual void close () = 0;

    virtual join::detail::QueueBase& base () = 0;

    join::QueueKind kind = join::QueueKind::Spsc;
    uint32_t elementSize = 0;  // bytes
};

/// How a queue is opened.
struct QueueRequest
{
    join::QueueKind kind;
    std::string name;  // "-": private
    uint64_t capacity;
    uint32_t elementSize;
    join::MemOptions memory;
    join::QueueOptions options;
};

/// @return null with join::lastError
std::unique_ptr<PlayerQueue> openQueue (const QueueRequest& request);

#endif
