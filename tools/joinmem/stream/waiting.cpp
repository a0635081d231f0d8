// SPDX-License-Identifier: MIT
#include "waiting.hpp"

#include "../command.hpp"
#include "../show/text.hpp"
#include "ending.hpp"

#include <join/error.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace tool::stream
{
namespace
{
constexpr std::chrono::milliseconds maxSlice (100);
}  // namespace

void stopFor (const join::AnyQueue& queue)
{
    const int error = join::lastError.value ();
    throw Stop (statusOf (error), std::string (queue.name ()) + ": " + join::lastError.message ());
}

Patience::Patience (const Options& options) noexcept
: _most (options.timeout)
, _start (Clock::now ())
{
}

void Patience::renew () noexcept
{
    if (_most)
    {
        _start = Clock::now ();
    }
}

std::chrono::nanoseconds Patience::left () const noexcept
{
    return *_most - (Clock::now () - _start);
}

std::chrono::nanoseconds Patience::slice () const noexcept
{
    return _most ? std::min<std::chrono::nanoseconds> (maxSlice, left ()) : maxSlice;
}

void Patience::lookAt (const join::AnyQueue& queue, const char* state) const
{
    endIfCaught ();
    if (_most && left () <= std::chrono::nanoseconds::zero ())
    {
        throw Stop (TimedOut, std::string (queue.name ()) + " stayed " + state + " for "
                                  + ageText (static_cast<uint64_t> (_most->count ())) + " (--timeout)");
    }
}

Producer::Producer (join::AnyQueue& queue, const Options& options)
: _queue (queue)
, _options (options)
, _patience (options)
, _first (queue.stats ().pushed)
{
}

void Producer::push (const char* elements, uint64_t n)
{
    const std::size_t size = _queue.elementSize ();
    _patience.renew ();
    for (uint64_t done = 0; done < n;)
    {
        const int64_t now = _queue.push (elements + done * size, n - done, _patience.slice ());
        if (now > 0)
        {
            done += static_cast<uint64_t> (now);
            _pushed += static_cast<uint64_t> (now);
            _patience.renew ();
            endIfCaught ();
            continue;
        }
        if (join::lastError.value () != ETIMEDOUT)
        {
            stopFor (_queue);
        }
        _patience.lookAt (_queue, "full");
        lookForReader ();
    }
}

// A consumer that leaves shuts the queue down. One that was killed could not: its slot shows its death, and the stream
// is lost if it had popped a part of it and no other consumer has taken over.
void Producer::lookForReader ()
{
    constexpr uint32_t readerSide = 2;
    join::Producer producers[2];
    // The returned number comes from the segment and may be larger than the array.
    const int64_t n = _options.bytes ? std::min<int64_t> (_queue.producers (producers, 2), 2) : 0;
    for (int64_t i = 0; i < n; ++i)
    {
        if (producers[i].slot == readerSide && !producers[i].alive && _queue.stats ().popped > _first)
        {
            _lostReader = true;
            throw Stop (Failed, std::string (_queue.name ()) + ": the consumer of the stream was killed");
        }
    }
}

uint64_t Producer::pushed () const noexcept
{
    return _pushed;
}

bool Producer::lostReader () const noexcept
{
    return _lostReader;
}

Consumer::Consumer (join::AnyQueue& queue, const Options& options, const Output& output) noexcept
: _queue (queue)
, _output (output)
, _patience (options)
, _waits (options.follow || options.bytes || options.count != 0)
{
}

uint64_t Consumer::pop (char* elements, uint64_t most)
{
    _patience.renew ();
    for (;;)
    {
        if (_output.isClosed ())
        {
            throw Quiet {statusOfSignal (SIGPIPE)};  // before an element is popped that would be lost
        }
        endIfCaught ();
        // Waits in any case for an element that is claimed but not published: its producer is still at work, or its
        // death will be noticed.
        const int64_t now = _waits || !_queue.empty () ? _queue.popSome (elements, most, _patience.slice ())
                                                       : _queue.tryPop (elements, most);
        if (now > 0)
        {
            return static_cast<uint64_t> (now);
        }
        switch (join::lastError.value ())
        {
            case ETIMEDOUT:
                if (!_waits)
                {
                    return 0;
                }
                _patience.lookAt (_queue, "empty");
                break;
            case EAGAIN:
                return 0;
            case EPIPE:
                _why = Dry::ShutDown;
                return 0;
            case EOWNERDEAD:
                _why = Dry::Abandoned;
                return 0;
            default:
                stopFor (_queue);
        }
    }
}

Dry Consumer::why () const noexcept
{
    return _why;
}

}  // namespace tool::stream
