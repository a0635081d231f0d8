// SPDX-License-Identifier: MIT
// Channels with calls that wait: a queue, a pipe, a Unix socket. A channel carries elements one way between the two
// sides of a measurement; each side has one end of it.
#ifndef JOINMEM_TOOL_BENCH_CHANNELS_HPP
#define JOINMEM_TOOL_BENCH_CHANNELS_HPP

#include "control.hpp"
#include "queues.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tool::bench
{
/// One side's end of a queue. A side that leaves closes its end, which wakes the other side.
template <typename Q, typename T>
class QueueEnd
{
public:
    QueueEnd (Q& queue, Control& control) noexcept
    : _queue (queue)
    , _control (control)
    {
    }

    /// Waits until all elements are sent. @return false: the other side has closed its end, or Control::fail was called
    template <unsigned Batch>
    bool send (const T (&elements)[Batch]) noexcept
    {
        const int failed = Batch == 1 ? _queue.push (elements[0]) : _queue.push (elements, Batch);
        if (failed != 0)
        {
            noteEnd ();
        }
        return failed == 0;
    }

    /// Waits for the first element, then takes those available. @return their number; 0: the channel is closed and
    /// drained, or Control::fail was called
    template <unsigned Batch>
    unsigned receive (T (&elements)[Batch]) noexcept
    {
        const int64_t count = Batch == 1 ? _queue.pop (elements[0]) + 1 : _queue.popSome (elements, Batch);
        if (count <= 0)
        {
            noteEnd ();
            return 0;
        }
        return static_cast<unsigned> (count);
    }

    void close () noexcept
    {
        _queue.shutdown ();
    }

private:
    // EPIPE: the other side has left. Any other error ends the run.
    void noteEnd () noexcept
    {
        if (join::lastError.value () != EPIPE)
        {
            _control.fail (join::lastError.message ().c_str ());
        }
    }

    Q& _queue;
    Control& _control;
};

/// A queue as a channel, from either side to the other.
template <typename Memory, typename Q, typename T>
class QueueChannel
{
public:
    /// @param node of the consumer
    explicit QueueChannel (int node)
    : _place (node)
    {
    }

    /// Called by the thread of that side, or in the child.
    QueueEnd<Q, T> end (unsigned side, Control& control)
    {
        return QueueEnd<Q, T> (side == 0 ? _place.here () : _place.there (), control);
    }

    /// Called when both sides have their end.
    void attached ()
    {
        _place.hide ();
    }

    /// Wakes a thread of this process if the other side was killed and could not close its end.
    void abandon ()
    {
        _place.here ().shutdown ();
    }

private:
    Place<Memory, Q> _place;
};

/// One side's end of a pipe or a socket: write(2) for a push, read(2) for a pop.
template <typename T>
class DescriptorEnd
{
public:
    /// @param descriptor set to -1 by close
    DescriptorEnd (int& descriptor, Control& control) noexcept
    : _descriptor (descriptor)
    , _control (control)
    {
    }

    template <unsigned Batch>
    bool send (const T (&elements)[Batch]) noexcept
    {
        std::size_t done = 0;
        while (done < sizeof (elements))
        {
            const ssize_t n =
                ::write (_descriptor, reinterpret_cast<const char*> (elements) + done, sizeof (elements) - done);
            if (n == -1 && errno != EINTR)
            {
                noteEnd ();
                return false;
            }
            done += n > 0 ? static_cast<std::size_t> (n) : 0;
        }
        return true;
    }

    template <unsigned Batch>
    unsigned receive (T (&elements)[Batch]) noexcept
    {
        std::size_t done = 0;
        do  // usually once; a read may end in the middle of an element
        {
            const ssize_t n = ::read (_descriptor, reinterpret_cast<char*> (elements) + done, sizeof (elements) - done);
            if (n == 0)
            {
                return 0;
            }
            if (n == -1 && errno != EINTR)
            {
                noteEnd ();
                return 0;
            }
            done += n > 0 ? static_cast<std::size_t> (n) : 0;
        }
        while (done % sizeof (T) != 0 || done == 0);
        return static_cast<unsigned> (done / sizeof (T));
    }

    void close () noexcept
    {
        ::close (std::exchange (_descriptor, -1));
    }

private:
    // EPIPE and ECONNRESET: the other side has left. Any other error ends the run.
    void noteEnd () noexcept
    {
        if (errno != EPIPE && errno != ECONNRESET)
        {
            _control.fail (std::strerror (errno));
        }
    }

    int& _descriptor;
    Control& _control;
};

/// A pipe or a pair of stream sockets, with the kernel's default capacity.
template <typename T>
class DescriptorChannel
{
public:
    /// @param producer the side that sends
    /// @param processes side 1 is a child that is forked later
    DescriptorChannel (Kind kind, unsigned producer, bool processes)
    : _processes (processes)
    {
        int ends[2] = {-1, -1};  // read end, write end
        const int failed = kind == Kind::Pipe ? ::pipe2 (ends, O_CLOEXEC)
                                              : ::socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
        if (failed == -1)
        {
            throw std::system_error (errno, std::system_category (), kind == Kind::Pipe ? "pipe2" : "socketpair");
        }
        _ends[producer] = ends[1];
        _ends[1 - producer] = ends[0];
    }

    DescriptorChannel (const DescriptorChannel&) = delete;
    DescriptorChannel& operator= (const DescriptorChannel&) = delete;

    ~DescriptorChannel ()
    {
        drop (0);
        drop (1);
    }

    DescriptorEnd<T> end (unsigned side, Control& control)
    {
        // Blocks SIGPIPE for the life of this thread: a write without a reader then only fails with EPIPE.
        sigset_t pipe;
        ::sigemptyset (&pipe);
        ::sigaddset (&pipe, SIGPIPE);
        ::pthread_sigmask (SIG_BLOCK, &pipe, nullptr);
        if (_processes && side == 1)
        {
            drop (0);  // the child's copy of the parent's end, without which the child gets no end of file
        }
        return DescriptorEnd<T> (_ends[side], control);
    }

    void attached ()
    {
        if (_processes)
        {
            drop (1);  // the parent's copy of the child's end, for the same reason
        }
    }

    /// Does nothing: the kernel closes the end of a child that was killed, which wakes this process.
    void abandon ()
    {
    }

private:
    void drop (unsigned side) noexcept
    {
        if (_ends[side] != -1)
        {
            ::close (std::exchange (_ends[side], -1));
        }
    }

    const bool _processes;
    int _ends[2] = {-1, -1};  // of each side
};

}  // namespace tool::bench

#endif
