// SPDX-License-Identifier: MIT
// Standard input and output as streams of bytes. The classes handle partial, interrupted and non-blocking reads and
// writes.
#ifndef JOINMEM_TOOL_STREAM_DESCRIPTORS_HPP
#define JOINMEM_TOOL_STREAM_DESCRIPTORS_HPP

#include <cstddef>

#include <sys/uio.h>

namespace tool::stream
{
/// Opens /dev/null in place of each closed descriptor of 0, 1 and 2, so that the queue gets none of them. Call it
/// before anything else is opened.
/// @throw Stop the needed descriptor is closed
void keepStandardOpen (int needed);

class Input
{
public:
    explicit Input (int descriptor) noexcept;

    /// Waits for bytes. @return their number; 0: end of input. @throw Stop failure; Quiet a signal has arrived
    std::size_t read (char* to, std::size_t most);
    std::size_t read (const iovec* parts, int count);

private:
    int _descriptor;
};

class Output
{
public:
    explicit Output (int descriptor) noexcept;

    /// Whether the other end is closed, as far as that can be found out without writing.
    bool isClosed () const noexcept;

    /// Writes all bytes. @throw Quiet (as SIGPIPE) the other end is closed; Stop failure, or a signal before the end
    void write (const char* from, std::size_t bytes);

    /// The same; changes the parts.
    void write (iovec* parts, std::size_t count);

private:
    void lookAt (int error) const;

    int _descriptor;
};

}  // namespace tool::stream

#endif
