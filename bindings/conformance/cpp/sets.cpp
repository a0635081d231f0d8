// SPDX-License-Identifier: MIT
// The player's commands for wait sets.
#include "player.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace
{
std::string openSet (const Words& w)
{
    objectOf (w[1]) = Object {nullptr, nullptr, std::make_unique<join::WaitSet> ()};
    return "ok";
}

join::Ready readyOf (const std::string& word)
{
    const auto bit = [&] (char c, join::Ready ready) {
        return word.find (c) != word.npos ? ready : join::Ready::Nothing;
    };
    return bit ('e', join::Ready::Element) | bit ('r', join::Ready::Room);
}

std::string waitSet (const Words& w)
{
    const uint64_t most = number (w[2]);
    const int64_t timeout = timeoutOf (w[3]);
    std::vector<join::WaitEvent> events (most + 1);
    join::WaitSet& set = setOf (w[1]);
    const int64_t n = check (timeout < 0 ? set.wait (events.data (), most)
                                         : set.wait (events.data (), most, std::chrono::milliseconds (timeout)));
    std::sort (events.begin (), events.begin () + n, [] (auto& a, auto& b) { return a.key < b.key; });
    std::string line = "ok";
    for (int64_t i = 0; i < n; ++i)
    {
        const join::WaitEvent& event = events[static_cast<std::size_t> (i)];
        line += " " + std::to_string (event.key) + ":" + std::to_string (static_cast<uint32_t> (event.ready));
    }
    return line;
}

std::string pollSet (const Words& w)
{
    pollfd entry = {static_cast<int> (check (setOf (w[1]).fd ())), POLLIN, 0};
    const int count = poll (&entry, 1, static_cast<int> (timeoutOf (w[2])));
    return count >= 0 ? ok (" ", count) : throw Refused {errno};
}

std::string add (const Words& w)
{
    check (setOf (w[1]).add (queueOf (w[2]).base (), readyOf (w[3]), number (w[4]), number (w[5])));
    return "ok";
}

std::string modify (const Words& w)
{
    check (setOf (w[1]).modify (queueOf (w[2]).base (), readyOf (w[3]), number (w[4]), number (w[5])));
    return "ok";
}

std::string removeQueue (const Words& w)
{
    check (setOf (w[1]).remove (queueOf (w[2]).base ()));
    return "ok";
}

std::string wake (const Words& w)
{
    check (setOf (w[1]).wake ());
    return "ok";
}
}  // namespace

const std::vector<Command> setCommands = {
    {"set", 2, openSet},  {"add", 6, add},   {"modify", 6, modify}, {"remove", 3, removeQueue},
    {"wait", 4, waitSet}, {"wake", 2, wake}, {"poll", 3, pollSet},
};
