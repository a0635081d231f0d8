// SPDX-License-Identifier: MIT
// Standard input and output as streams of bytes: what is read and written in part, interrupted or not ready is seen to here.
#ifndef JOINMEM_TOOL_STREAM_DESCRIPTORS_HPP
#define JOINMEM_TOOL_STREAM_DESCRIPTORS_HPP

#include <cstddef>

#include <sys/uio.h>

namespace tool::stream
{
/// Before anything is opened: a descriptor 0, 1 or 2 that is closed would become the queue's.
/// Throws Stop where the one that is needed is.
void keepStandardOpen (int needed);

class Input
{
public:
    explicit Input (int descriptor) noexcept;

    /// Waits for bytes. How many came, 0 at the end. Throws Stop; Quiet when a signal came.
    std::size_t read (char* to, std::size_t most);
    std::size_t read (const iovec* parts, int count);

private:
    int _descriptor;
};

class Output
{
public:
    explicit Output (int descriptor) noexcept;

    /// Whether nobody reads any more, as far as that can be known without writing.
    bool isClosed () const noexcept;

    /// All of it. Throws Quiet (as SIGPIPE) when nobody reads any more; Stop when it fails, or a signal came before all was
    /// written.
    void write (const char* from, std::size_t bytes);

    /// The same; uses the parts up.
    void write (iovec* parts, std::size_t count);

private:
    void lookAt (int error) const;

    int _descriptor;
};

}  // namespace tool::stream

#endif
