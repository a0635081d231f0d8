// SPDX-License-Identifier: MIT
// Pushes and pops that wait as the command line says: in slices, so that a signal is noticed, and what else may have
// happened meanwhile.
#ifndef JOINMEM_TOOL_STREAM_WAITING_HPP
#define JOINMEM_TOOL_STREAM_WAITING_HPP

#include "descriptors.hpp"
#include "options.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tool::stream
{
/// Ends the program for what lastError says of that queue. Throws Stop.
[[noreturn]] void stopFor (const join::AnyQueue& queue);

/// One wait, from a success to the next.
class Patience
{
public:
    explicit Patience (const Options& options) noexcept;

    void renew () noexcept;

    /// How long the next call may wait.
    std::chrono::nanoseconds slice () const noexcept;

    /// A call was in vain: throws Stop (TimedOut) where the time is up, Quiet where a signal came.
    void lookAt (const join::AnyQueue& queue) const;

private:
    using Clock = std::chrono::steady_clock;

    std::chrono::nanoseconds left () const noexcept;

    std::optional<std::chrono::nanoseconds> _most;
    Clock::time_point _start;
};

class Pusher
{
public:
    Pusher (join::AnyQueue& queue, const Options& options);

    /// All n. Throws Stop, Quiet.
    void push (const char* elements, uint64_t n);

    /// By this object.
    uint64_t pushed () const noexcept;

    /// Whether the stream's reader was killed: the rest of it is of no use to anybody.
    bool lostReader () const noexcept;

private:
    void lookForReader ();

    join::AnyQueue& _queue;
    const Options& _options;
    Patience _patience;
    uint64_t _first;  // element of this stream, as the queue counts them
    uint64_t _pushed = 0;
    bool _lostReader = false;
};

/// Why there is no element more.
enum class Dry
{
    Empty,      // and nobody was waited for
    ShutDown,   // and drained
    Abandoned,  // who pushed was killed
};

class Popper
{
public:
    /// Waits unless the options say to take what is there; while it waits it sees whether the output is still read.
    Popper (join::AnyQueue& queue, const Options& options, const Output& output) noexcept;

    /// At least one, up to `most`; 0: no more, and why () tells. Throws Stop, Quiet.
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
