// SPDX-License-Identifier: MIT
// The options of push and pop, and the queue that they open.
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
    std::optional<std::chrono::nanoseconds> timeout;  ///< limit of each wait; none: unlimited

    bool create = false;
    std::string kind;
    uint64_t capacity = 0;
    uint32_t elementSize = 0;
    std::string permissions;

    bool truncate = false;  ///< of push
    bool shutdown = false;
    bool follow = false;  ///< of pop
    bool keep = false;

    Format format () const noexcept;
};

/// Adds the options that push and pop share.
void addOptions (CLI::App& command, Options* options);

/// Parses the options that are texts. @throw Stop (Usage)
void readTexts (Options* options);

/// Opens the queue, or creates it if the options say so. The roles of a Spsc are exclusive. @throw Stop,
/// std::system_error
std::unique_ptr<join::AnyQueue> openQueue (const Options& options);

/// Whether the queue was created for a stream (--bytes) only.
bool isStream (const join::AnyQueue& queue) noexcept;

/// Removes the name of a queue that is shut down, unless the name refers to another queue now.
/// @return 0, or -1 with lastError
int removeName (const join::AnyQueue& queue) noexcept;

}  // namespace tool::stream

#endif
