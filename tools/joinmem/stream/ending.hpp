// SPDX-License-Identifier: MIT
// How push and pop end early: by a signal, or because the reader of their output has closed it.
#ifndef JOINMEM_TOOL_STREAM_ENDING_HPP
#define JOINMEM_TOOL_STREAM_ENDING_HPP

namespace tool::stream
{
/// Thrown to end without a message, by the exit status alone.
struct Quiet
{
    int status;
};

/// The status that a shell reports for a program that a signal ended.
constexpr int statusOfSignal (int signal) noexcept
{
    return 128 + signal;
}

/// From here on SIGINT, SIGTERM and SIGHUP interrupt waits but do not end the program by themselves. Signals that were
/// ignored stay ignored (nohup, a background job). Instead of SIGPIPE, a write fails with EPIPE.
void catchSignals ();

/// The first of these signals that arrived; 0: none.
int caughtSignal () noexcept;

/// @throw Quiet a signal has arrived
void endIfCaught ();

}  // namespace tool::stream

#endif
