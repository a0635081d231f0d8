// SPDX-License-Identifier: MIT
// How push and pop end early: by a signal, or because nobody reads what they write.
#ifndef JOINMEM_TOOL_STREAM_ENDING_HPP
#define JOINMEM_TOOL_STREAM_ENDING_HPP

namespace tool::stream
{
/// Thrown to end without a sentence: the status says all.
struct Quiet
{
    int status;
};

/// What a shell reports of a program that signal ended.
constexpr int statusOfSignal (int signal) noexcept
{
    return 128 + signal;
}

/// From here on SIGINT, SIGTERM and SIGHUP interrupt what waits, and end nothing by themselves; those that were ignored
/// stay so (nohup, a background job). SIGPIPE becomes EPIPE.
void catchSignals ();

/// The first of them that came; 0: none.
int caughtSignal () noexcept;

/// Throws Quiet where one came.
void endIfCaught ();

}  // namespace tool::stream

#endif
