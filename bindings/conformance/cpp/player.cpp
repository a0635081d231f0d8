// SPDX-License-Identifier: MIT
// The conformance player in C++, on the headers of include/join; README.md describes its commands.
#include "player.hpp"

#include <joinmem.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <new>
#include <stdexcept>
#include <system_error>

namespace
{
/// The C++ headers have no version: this is the one of the library that is loaded.
std::string version (const Words&)
{
    return ok (" ", jm_version_string ());
}

std::string quit (const Words&)
{
    reply ("ok");
    std::exit (0);
}

std::string closeObject (const Words& w)
{
    Object& object = objectOf (w[1]);
    if (object.memory != nullptr && object.memory->any ())
    {
        if (object.memory->shared)
        {
            const join::ShmMem gone (std::move (*object.memory->shared));
        }
        else
        {
            const join::LocalMem gone (std::move (*object.memory->local));
        }
    }
    else if (object.queue != nullptr && object.queue->base ())
    {
        object.queue->close ();
    }
    else if (object.set != nullptr && *object.set)
    {
        const join::WaitSet gone (std::move (*object.set));
    }
    else
    {
        throw Refused {EBADF};
    }
    return "ok";
}

const std::vector<Command> commands = {{"version", 1, version}, {"quit", 1, quit}, {"close", 2, closeObject}};

const Command* find (const Words& words)
{
    for (const auto* list : {&commands, &memoryCommands, &queueCommands, &setCommands})
    {
        for (const Command& command : *list)
        {
            if (words[0] == command.name)
            {
                return words.size () >= command.words ? &command : nullptr;
            }
        }
    }
    return nullptr;
}

std::string errorOf (int error)
{
    const char* name = error == ENOTSUP ? "ENOTSUP" : strerrorname_np (error);
    return "error " + (name != nullptr ? name : "E" + std::to_string (error));
}
}  // namespace

Object& objectOf (const std::string& label)
{
    static std::map<std::string, Object> objects;
    return objects[label];
}

PlayerMemory& memoryOf (const std::string& label)
{
    Object& object = objectOf (label);
    return object.memory != nullptr ? *object.memory : throw Refused {EBADF};
}

PlayerQueue& queueOf (const std::string& label)
{
    Object& object = objectOf (label);
    return object.queue != nullptr ? *object.queue : throw Refused {EBADF};
}

join::WaitSet& setOf (const std::string& label)
{
    Object& object = objectOf (label);
    return object.set != nullptr ? *object.set : throw Refused {EBADF};
}

int64_t check (int64_t result)
{
    if (result < 0)
    {
        throw Refused {join::lastError.value ()};
    }
    return result;
}

uint64_t number (const std::string& word)
{
    return std::stoull (word);
}

int64_t timeoutOf (const std::string& word)
{
    return std::stoll (word);
}

std::vector<unsigned char> bytesOf (const std::string& hex)
{
    const auto digit = [] (char c) { return static_cast<unsigned> (c <= '9' ? c - '0' : c - 'a' + 10); };
    std::vector<unsigned char> bytes;
    bytes.reserve (hex.size () / 2 + 1);
    for (std::size_t i = 0; i + 1 < hex.size (); i += 2)
    {
        bytes.push_back (static_cast<unsigned char> (digit (hex[i]) << 4 | digit (hex[i + 1])));
    }
    return bytes;
}

std::string hexOf (const void* from, uint64_t count)
{
    const char* const digits = "0123456789abcdef";
    const auto* bytes = static_cast<const unsigned char*> (from);
    std::string hex = count == 0 ? "-" : "";
    hex.reserve (2 * count + 1);
    for (uint64_t i = 0; i < count; ++i)
    {
        hex += digits[bytes[i] >> 4];
        hex += digits[bytes[i] & 15];
    }
    return hex;
}

bool readWords (Words* words)
{
    std::string line;
    if (!std::getline (std::cin, line))
    {
        return false;
    }
    std::istringstream text (line);
    words->clear ();
    for (std::string word; text >> word;)
    {
        words->push_back (word);
    }
    return true;
}

void reply (const std::string& line)
{
    std::cout << line << std::endl;
}

std::string answer (const Words& words)
{
    const Command* command = words.empty () ? nullptr : find (words);
    if (command == nullptr)
    {
        return "unknown";
    }
    try
    {
        return command->run (words);
    }
    catch (const Refused& refused)
    {
        return errorOf (refused.error);
    }
    catch (const std::system_error& error)
    {
        return errorOf (error.code ().value ());
    }
    catch (const std::out_of_range&)
    {
        return errorOf (ERANGE);
    }
    catch (const std::overflow_error&)
    {
        return errorOf (EOVERFLOW);
    }
    catch (const std::bad_alloc&)
    {
        return errorOf (ENOMEM);
    }
    catch (const std::runtime_error&)
    {
        return errorOf (EBADF);  // get () of an empty object
    }
}

int main ()
{
    std::ios::sync_with_stdio (false);
    for (Words words; readWords (&words);)
    {
        reply (answer (words));
    }
    return 0;
}
