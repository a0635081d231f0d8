// SPDX-License-Identifier: MIT
/// Three ways from one process to another: a queue in shared memory, a pipe, a Unix socket.
#ifndef DEMO_WAYS_HPP
#define DEMO_WAYS_HPP

#include "chunk.h"
#include "receiver.hpp"

#include <join/queue.hpp>

#include <algorithm>
#include <chrono>
#include <memory>

#include <sys/socket.h>

struct Bytes
{
    const unsigned char* data;
    uint64_t size;
};

/// A receiver's command line, but for what it is to receive.
using Command = std::vector<std::string>;

struct Received
{
    double seconds;  ///< from its "ready" to its result
    std::string result;
};

inline double since (std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double> (std::chrono::steady_clock::now () - start).count ();
}

inline Command with (Command command, std::initializer_list<std::string> more)
{
    command.insert (command.end (), more);
    return command;
}

template <typename Send>
Received receive (Receiver& receiver, Send send)
{
    if (receiver.line () != "ready")
    {
        throw Problem ("the receiver is not ready");
    }
    auto start = std::chrono::steady_clock::now ();
    send ();
    std::string result = receiver.line ();
    Received received {since (start), result};
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
        join::ShmMem::unlink (_queue.name ());
    }

    Received stream (const Bytes& bytes, const Command& command)
    {
        Receiver receiver (with (command, {std::string (_queue.name ())}), -1);
        return receive (receiver, [&] {
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
        options.mode = join::OpenMode::CreateOnly;
        return options;
    }

    static void fill (chunk& to, const Bytes& piece)
    {
        to.length = static_cast<uint32_t> (piece.size);
        std::memcpy (to.bytes, piece.data, piece.size);
    }

    // Written where the receiver reads it. Where there is no room yet, into a chunk of our own: to push that is to sleep
    // until there is, and to look now and then whether there is still somebody to make room.
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

/// A pipe or a Unix socket: written to in pieces of the same size.
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
        ::fcntl (ends[1], F_SETPIPE_SZ, CHUNKS << 16);  // or as large as it may be
        return DescriptorWay (ends[0], ends[1]);
    }

    static DescriptorWay socket ()
    {
        int ends[2] = {-1, -1};
        if (::socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        {
            throw Problem (std::string ("socketpair: ") + std::strerror (errno));
        }
        const int room = CHUNKS << 16;
        ::setsockopt (ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);  // or as large as it may be
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
        return receive (receiver, [&] {
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
