// SPDX-License-Identifier: MIT
/// Three ways from one process to another: a queue in shared memory, a pipe, a Unix socket.
#ifndef DEMO_WAYS_HPP
#define DEMO_WAYS_HPP

#include "chunk.h"
#include "receiver.hpp"

#include <join/queue.hpp>

#include <algorithm>
#include <memory>

#include <sys/socket.h>

struct Bytes
{
    const unsigned char* data;
    uint64_t size;
};

/// The command line of a receiver, without the name of the queue.
using Command = std::vector<std::string>;

/// The measurement of a stream, from the receiver's "ready" to its result.
struct Received
{
    double seconds;
    double senderCpu;    ///< seconds
    double receiverCpu;  ///< seconds
    std::string result;
};

inline Command with (Command command, std::initializer_list<std::string> more)
{
    command.insert (command.end (), more);
    return command;
}

/// @param attached called when the receiver is ready; not measured
template <typename Attached, typename Send>
Received receive (Receiver& receiver, Attached attached, Send send)
{
    if (receiver.line () != "ready")
    {
        throw Problem ("the receiver is not ready");
    }
    attached ();
    const double receiverBefore = receiver.cpuSeconds ();
    const double senderBefore = cpuSeconds ();
    auto start = std::chrono::steady_clock::now ();
    send ();
    std::string result = receiver.line ();
    const double receiverAfter = receiver.cpuSeconds ();  // read first: the end of the receiver is not counted
    Received received {since (start), cpuSeconds () - senderBefore, receiverAfter - receiverBefore, result};
    receiver.finish ();
    return received;
}

class QueueWay
{
public:
    explicit QueueWay (const std::string& name)
    : _queue (CHUNKS, name, onlyNew ())
    , _own (new chunk ())
    {
    }

    QueueWay (const QueueWay&) = delete;
    QueueWay& operator= (const QueueWay&) = delete;

    ~QueueWay ()
    {
        join::ShmMem::unlink (_queue.name ());  // if the receiver was never ready; else the name is already removed
    }

    Received stream (const Bytes& bytes, const Command& command)
    {
        Receiver receiver (with (command, {std::string (_queue.name ())}), -1);
        // Both sides have the queue open: without the name nothing remains of it, even if both are killed.
        auto attached = [&] { join::ShmMem::unlink (_queue.name ()); };
        return receive (receiver, attached, [&] {
            for (uint64_t done = 0; done < bytes.size; done += CHUNK_BYTES)
            {
                Bytes piece {bytes.data + done, std::min<uint64_t> (CHUNK_BYTES, bytes.size - done)};
                send (piece, receiver);
            }
            _queue.shutdown ();  // the end of the stream
        });
    }

private:
    static join::MemOptions onlyNew ()
    {
        join::MemOptions options;
        options.openMode = join::OpenMode::CreateOnly;
        return options;
    }

    static void fill (chunk& to, const Bytes& piece)
    {
        to.length = static_cast<uint32_t> (piece.size);
        std::memcpy (to.bytes, piece.data, piece.size);
    }

    // Zero copy if there is room: the piece is written where the receiver reads it. A reservation does not wait, a push
    // does: without room, the piece is copied to a local chunk and pushed. The timeout detects a receiver that has died,
    // which can neither make room nor wake the sender.
    void send (const Bytes& piece, const Receiver& receiver)
    {
        if (join::Span<chunk> room = _queue.reserve (1); !room.empty ())
        {
            fill (room[0], piece);
            _queue.commit (1);
            return;
        }
        fill (*_own, piece);
        while (_queue.push (*_own, std::chrono::milliseconds (100)) == -1)
        {
            if (join::lastError != join::Errc::TimedOut)
            {
                throw Problem (join::lastError.message ());
            }
            if (receiver.ended ())
            {
                throw Problem ("the receiver ended too soon");
            }
        }
    }

    join::ShmMem::Spsc::Queue<chunk> _queue;
    std::unique_ptr<chunk> _own;
};

/// A pipe or a Unix socket, written in pieces of the same size.
class DescriptorWay
{
public:
    static DescriptorWay pipe ()
    {
        int ends[2] = {-1, -1};
        if (::pipe2 (ends, O_CLOEXEC) == -1)
        {
            throw Problem (std::string ("pipe: ") + std::strerror (errno));
        }
        // The capacity of the queue, or the maximum for this user: by default 1 MiB, except for root.
        for (int room = CHUNKS << 16; ::fcntl (ends[1], F_SETPIPE_SZ, room) == -1 && room > 1 << 16;)
        {
            room /= 2;
        }
        return DescriptorWay (ends[0], ends[1]);
    }

    static DescriptorWay socket ()
    {
        int ends[2] = {-1, -1};
        if (::socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        {
            throw Problem (std::string ("socketpair: ") + std::strerror (errno));
        }
        const int room = 1 << 20;  // or the maximum for this user; 4 MiB took a quarter more CPU time
        ::setsockopt (ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        return DescriptorWay (ends[0], ends[1]);
    }

    DescriptorWay (DescriptorWay&& other) noexcept
    : _readEnd (std::exchange (other._readEnd, -1))
    , _writeEnd (std::exchange (other._writeEnd, -1))
    {
    }

    ~DescriptorWay ()
    {
        ::close (_readEnd);
        ::close (_writeEnd);
    }

    Received stream (const Bytes& bytes, const Command& command)
    {
        Receiver receiver (command, std::exchange (_readEnd, -1));
        auto attached = [] {};
        return receive (receiver, attached, [&] {
            for (uint64_t done = 0; done < bytes.size;)
            {
                uint64_t piece = std::min<uint64_t> (CHUNK_BYTES, bytes.size - done);
                ssize_t n = ::write (_writeEnd, bytes.data + done, piece);
                if (n == -1 && errno != EINTR)
                {
                    throw Problem ("the receiver ended too soon");
                }
                done += n > 0 ? static_cast<uint64_t> (n) : 0;
            }
            ::close (std::exchange (_writeEnd, -1));  // the end of the stream
        });
    }

private:
    DescriptorWay (int readEnd, int writeEnd)
    : _readEnd (readEnd)
    , _writeEnd (writeEnd)
    {
    }

    int _readEnd;
    int _writeEnd;
};

#endif
