// SPDX-License-Identifier: MIT
// What the files of the player in C++ share. A command returns its reply, or throws: Refused, or what the library
// throws.
#ifndef PLAYER_HPP
#define PLAYER_HPP

#include "queue.hpp"

#include <join/memory.hpp>
#include <join/wait_set.hpp>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

using Words = std::vector<std::string>;  // of a command; the first one is its name

/// The reply "error" of a command.
struct Refused
{
    int error;
};

struct PlayerMemory
{
    std::optional<join::ShmMem> shared;
    std::optional<join::LocalMem> local;
    bool readOnly = false;

    join::Memory& any ()
    {
        return shared ? static_cast<join::Memory&> (*shared) : *local;
    }
};

/// What a label refers to: one of these. A closed one stays, so that the library refuses its calls.
struct Object
{
    std::unique_ptr<PlayerMemory> memory;
    std::unique_ptr<PlayerQueue> queue;
    std::unique_ptr<join::WaitSet> set;
};

/// The object of that label; an empty one if the label is new.
Object& objectOf (const std::string& label);

/// @throw Refused EBADF no memory, queue or set of that label
PlayerMemory& memoryOf (const std::string& label);
PlayerQueue& queueOf (const std::string& label);
join::WaitSet& setOf (const std::string& label);

/// @throw Refused lastError, if the result of a call is -1
int64_t check (int64_t result);

uint64_t number (const std::string& word);
int64_t timeoutOf (const std::string& word);  // milliseconds, or -1
std::vector<unsigned char> bytesOf (const std::string& hex);
std::string hexOf (const void* bytes, uint64_t count);

template <typename... Parts>
std::string ok (const Parts&... parts)
{
    std::ostringstream text;
    text << "ok";
    (text << ... << parts);
    return text.str ();
}

bool readWords (Words* words);
void reply (const std::string& line);

/// Runs a command and returns its reply.
std::string answer (const Words& words);

struct Command
{
    const char* name;
    std::size_t words;  // that it has at least, with its name
    std::string (*run) (const Words& words);
};

extern const std::vector<Command> memoryCommands;
extern const std::vector<Command> queueCommands;
extern const std::vector<Command> setCommands;

#endif
