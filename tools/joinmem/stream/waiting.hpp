// SPDX-License-Identifier: MIT
// Pushes and pops that wait as the command line says. They wait in slices, and check for signals and for the death of
// the other side between two slices.
#ifndef JOINMEM_TOOL_STREAM_WAITING_HPP
#define JOINMEM_TOOL_STREAM_WAITING_HPP

#include "descriptors.hpp"
#include "options.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tool::stream
{
/// Ends the program with the error in lastError. @throw Stop always
[[noreturn]] void stopFor (const join::AnyQueue& queue);

/// The time of one wait, from one success to the next.
class Patience
{
public:
    explicit Patience (const Options& options) noexcept;

    void renew () noexcept;

    /// The time that the next call may wait.
    std::chrono::nanoseconds slice () const noexcept;

    /// Called after a call without success. @throw Stop (TimedOut) the time is up; Quiet a signal has arrived
    /// @param state the state of the queue all the time: "full" or "empty"
    void lookAt (const join::AnyQueue& queue, const char* state) const;

private:
    using Clock = std::chrono::steady_clock;

    std::chrono::nanoseconds left () const noexcept;

    std::optional<std::chrono::nanoseconds> _most;
    Clock::time_point _start;
};

class Producer
{
public:
    Producer (join::AnyQueue& queue, const Options& options);

    /// Pushes all n elements. @throw Stop, Quiet
    void push (const char* elements, uint64_t n);

    /// The number of elements that this object has pushed.
    uint64_t pushed () const noexcept;

    /// Whether the consumer of the stream was killed, so that the rest of the stream is useless.
    bool lostReader () const noexcept;

private:
    void lookForReader ();

    join::AnyQueue& _queue;
    const Options& _options;
    Patience _patience;
    uint64_t _first;  // position of the first element of this stream
    uint64_t _pushed = 0;
    bool _lostReader = false;
};

/// Why no element was popped.
enum class Dry
{
    Empty,      // the queue is empty, and the options do not wait
    ShutDown,   // the queue is shut down and drained
    Abandoned,  // the producer was killed
};

class Consumer
{
public:
    /// pop () waits unless the options request only the elements in the queue; while it waits it checks whether the
    /// reader of the output has closed it.
    Consumer (join::AnyQueue& queue, const Options& options, const Output& output) noexcept;

    /// Pops up to `most` elements. @return their number; 0: there are no more, see why (). @throw Stop, Quiet
    uint64_t pop (char* elements, uint64_t most);

    Dry why () const noexcept;

private:
    join::AnyQueue& _queue;
    const Output& _output;
    Patience _patience;
    bool _waits;
    Dry _why = Dry::Empty;
};

}  // namespace tool::stream

#endif
