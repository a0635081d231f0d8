// SPDX-License-Identifier: MIT
// The player's commands for queues.
#include "player.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace
{
using Bytes = std::vector<unsigned char>;

constexpr uint64_t batch = 256;  // elements

const char* const kinds[] = {"", "spsc", "mpsc", "mpmc"};

join::QueueKind kindOf (const std::string& word)
{
    uint32_t kind = 1;
    while (kind < 4 && word != kinds[kind])
    {
        ++kind;
    }
    return static_cast<join::QueueKind> (kind);  // 4 is refused by the library
}

/// The figures of an object without a queue are 0, and no error.
join::detail::QueueBase& openQueueOf (const std::string& label)
{
    join::detail::QueueBase& queue = queueOf (label).base ();
    return queue ? queue : throw Refused {EBADF};
}

/// @return false: there is no option of that name
bool setOption (const std::string& word, QueueRequest* request)
{
    const std::size_t equals = word.find ('=');
    const std::string key = word.substr (0, equals);
    const std::string value = equals != word.npos ? word.substr (equals + 1) : "";
    if (key == "mode")
    {
        request->memory.openMode = value == "create" ? join::OpenMode::CreateOnly
                                   : value == "open" ? join::OpenMode::OpenOnly
                                                     : join::OpenMode::CreateOrOpen;
        return true;
    }
    const uint64_t n = number (value);
    if (key == "type_id")
    {
        request->options.typeId = n;
    }
    else if (key == "tag")
    {
        request->options.tag = n;
    }
    else if (key == "max_producers")
    {
        request->options.maxProducers = static_cast<uint32_t> (n);
    }
    else if (key == "owner_dead")
    {
        request->options.ownerDead = n != 0;
    }
    else if (key == "exclusive")
    {
        request->options.exclusive = n != 0;
    }
    else
    {
        return false;
    }
    return true;
}

std::string openNew (const Words& w)
{
    QueueRequest request = {kindOf (w[2]), w[3], number (w[4]), static_cast<uint32_t> (number (w[5])), {}, {}};
    for (std::size_t i = 6; i < w.size (); ++i)
    {
        if (!setOption (w[i], &request))
        {
            return "unknown";
        }
    }
    std::unique_ptr<PlayerQueue> queue = openQueue (request);
    check (queue != nullptr ? 0 : -1);
    const bool created = queue->base ().created ();
    objectOf (w[1]) = Object {nullptr, std::move (queue), nullptr};
    return ok (" ", created ? 1 : 0);
}

/// The number of whole elements.
uint64_t countOf (const PlayerQueue& queue, const Bytes& bytes)
{
    return bytes.size () % queue.elementSize == 0 ? bytes.size () / queue.elementSize : throw Refused {EINVAL};
}

std::string push (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    const Bytes element = bytesOf (w[2]);
    if (countOf (queue, element) != 1)
    {
        throw Refused {EINVAL};
    }
    check (queue.push (element.data (), timeoutOf (w[3])));
    return "ok";
}

std::string pop (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    Bytes element (queue.elementSize);
    check (queue.pop (element.data (), timeoutOf (w[2])));
    return ok (" ", hexOf (element.data (), element.size ()));
}

std::string pushMany (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    const Bytes elements = bytesOf (w[2]);
    return ok (" ", check (queue.pushMany (elements.data (), countOf (queue, elements), timeoutOf (w[3]))));
}

std::string elementsOf (const PlayerQueue& queue, const void* elements, uint64_t count)
{
    return ok (" ", count, " ", hexOf (elements, count * queue.elementSize));
}

std::string popMany (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    const uint64_t most = number (w[2]);
    Bytes elements (most * queue.elementSize + 1);
    const int64_t count = check (queue.popMany (elements.data (), most, timeoutOf (w[3])));
    return elementsOf (queue, elements.data (), static_cast<uint64_t> (count));
}

/// The room of the reservation that is open, and its queue.
std::pair<PlayerQueue*, unsigned char*> reserved;

std::string reserve (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    uint64_t count = number (w[2]);
    void* room = queue.reserve (&count);
    check (room != nullptr ? 0 : -1);
    reserved = {&queue, static_cast<unsigned char*> (room)};
    return ok (" ", count);
}

std::string fill (const Words& w)
{
    const Bytes elements = bytesOf (w[2]);
    if (reserved.first != &queueOf (w[1]))
    {
        throw Refused {EINVAL};
    }
    std::copy (elements.begin (), elements.end (), reserved.second);
    return "ok";
}

std::string commit (const Words& w)
{
    check (queueOf (w[1]).commit (number (w[2])));
    return "ok";
}

std::string peek (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    uint64_t count = number (w[2]);
    const void* elements = queue.peek (&count);
    check (elements != nullptr ? 0 : -1);
    return elementsOf (queue, elements, count);
}

std::string release (const Words& w)
{
    check (queueOf (w[1]).release (number (w[2])));
    return "ok";
}

std::string shutDown (const Words& w)
{
    check (queueOf (w[1]).base ().shutdown ());
    return "ok";
}

std::string info (const Words& w)
{
    const join::detail::QueueBase& queue = openQueueOf (w[1]);
    const PlayerQueue& shape = queueOf (w[1]);
    return ok (" ", kinds[static_cast<uint32_t> (shape.kind)], " ", shape.elementSize, " ", queue.capacity (), " ",
               queue.pending (), " ", queue.available ());
}

std::string stats (const Words& w)
{
    const join::QueueStats s = openQueueOf (w[1]).stats ();
    return ok (" ", s.pushed, " ", s.popped, " ", s.deaths, " ", s.skipped, " ", s.shutDown ? 1 : 0);
}

std::string tag (const Words& w)
{
    return ok (" ", openQueueOf (w[1]).tag ());
}

std::string awaitElement (const Words& w)
{
    const int64_t timeout = timeoutOf (w[3]);
    join::detail::QueueBase& queue = queueOf (w[1]).base ();
    check (timeout < 0 ? queue.awaitElement (number (w[2]))
                       : queue.awaitElement (std::chrono::milliseconds (timeout), number (w[2])));
    return "ok";
}

std::string awaitRoom (const Words& w)
{
    const int64_t timeout = timeoutOf (w[3]);
    join::detail::QueueBase& queue = queueOf (w[1]).base ();
    check (timeout < 0 ? queue.awaitRoom (number (w[2]))
                       : queue.awaitRoom (std::chrono::milliseconds (timeout), number (w[2])));
    return "ok";
}

std::string flood (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    uint64_t next = number (w[2]);
    Bytes elements (batch * queue.elementSize + sizeof (next));
    for (uint64_t left = number (w[3]); left > 0;)
    {
        const uint64_t count = std::min (left, batch);
        for (uint64_t i = 0; i < count; ++i)
        {
            const uint64_t value = next + i;
            std::memcpy (&elements[i * queue.elementSize], &value, sizeof (value));
        }
        check (queue.pushAll (elements.data (), count));
        next += count;
        left -= count;
    }
    return "ok";
}

std::string drain (const Words& w)
{
    PlayerQueue& queue = queueOf (w[1]);
    Bytes elements (batch * queue.elementSize + sizeof (uint64_t));
    uint64_t sum = 0;
    for (uint64_t left = number (w[2]); left > 0;)
    {
        const auto count = static_cast<uint64_t> (check (queue.popSome (elements.data (), std::min (left, batch))));
        for (uint64_t i = 0; i < count; ++i)
        {
            uint64_t value = 0;
            std::memcpy (&value, &elements[i * queue.elementSize], sizeof (value));
            sum += value;
        }
        left -= count;
    }
    return ok (" ", sum);
}
}  // namespace

const std::vector<Command> queueCommands = {
    {"queue", 6, openNew},
    {"push", 4, push},
    {"pop", 3, pop},
    {"push_many", 4, pushMany},
    {"pop_many", 4, popMany},
    {"reserve", 3, reserve},
    {"fill", 3, fill},
    {"commit", 3, commit},
    {"peek", 3, peek},
    {"release", 3, release},
    {"shutdown", 2, shutDown},
    {"info", 2, info},
    {"stats", 2, stats},
    {"tag", 2, tag},
    {"await_element", 4, awaitElement},
    {"await_room", 4, awaitRoom},
    {"flood", 4, flood},
    {"drain", 3, drain},
};
