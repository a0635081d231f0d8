// SPDX-License-Identifier: MIT
// What push and pop are told, and the queue that comes of it.
#ifndef JOINMEM_TOOL_STREAM_OPTIONS_HPP
#define JOINMEM_TOOL_STREAM_OPTIONS_HPP

#include <join/any_queue.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace CLI
{
class App;
}

namespace tool::stream
{
enum class Format
{
    Lines,
    Elements,
    Hex,
    Bytes,
};

struct Options
{
    std::string name;
    bool lines = false;
    bool elements = false;
    bool hex = false;
    bool bytes = false;

    uint64_t count = 0;  ///< 0: not limited
    std::string timeoutText;
    std::optional<std::chrono::nanoseconds> timeout;  ///< of each wait; none: for ever

    bool create = false;
    std::string kind;
    uint64_t capacity = 0;
    uint32_t elementSize = 0;
    std::string permissions;

    bool truncate = false;  ///< push
    bool shutdown = false;
    bool follow = false;  ///< pop
    bool keep = false;

    Format format () const noexcept;
};

/// Those that both have.
void addOptions (CLI::App& command, Options* options);

/// What is in the texts is read. Throws Stop (Usage).
void readTexts (Options* options);

/// Attaches, or makes it where that was asked for. Sides of a Spsc are exclusive. Throws Stop, std::system_error.
std::unique_ptr<join::AnyQueue> openQueue (const Options& options);

/// Whether the queue was made for a stream (--bytes), and for nothing else.
bool isStream (const join::AnyQueue& queue) noexcept;

/// Removes the name of a queue that is shut down, unless it leads to another by now. 0, or -1 with lastError.
int removeName (const join::AnyQueue& queue) noexcept;

}  // namespace tool::stream

#endif
