// SPDX-License-Identifier: MIT
// The measured queues and the pipes and sockets beside them: their kinds and elements, and how each side gets its end.
#ifndef JOINMEM_TOOL_BENCH_QUEUES_HPP
#define JOINMEM_TOOL_BENCH_QUEUES_HPP

#include "harness/clock.hpp"
#include "plan.hpp"

#include <join/queue.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <unistd.h>

namespace tool::bench
{
enum class Kind
{
    Spsc,
    Mpsc,
    Mpmc,
    Pipe,    // measured beside the calls that wait
    Socket,  // the same
};

inline const char* nameOf (Kind kind)
{
    static const char* const names[] = {"Spsc", "Mpsc", "Mpmc", "pipe", "socket"};
    return names[static_cast<unsigned> (kind)];
}

/// An element with the same number at both ends, so that a torn element is detected. Unlike that of
/// bench/queue/element.hpp it needs no bits for the producer, as there is one.
template <unsigned Bytes>
struct Element
{
    static constexpr unsigned words = Bytes / sizeof (uint64_t);

    uint64_t word[words];

    void set (uint64_t value) noexcept
    {
        word[0] = value;
        word[words - 1] = value;
        __asm__ volatile("" : "+m"(word));  // makes the compiler read all of it
    }

    /// Not 0: the element does not have this number.
    uint64_t differs (uint64_t value) noexcept
    {
        __asm__ volatile("" : "+m"(word));
        return (word[0] ^ value) | (word[words - 1] ^ value);
    }
};

/// A name in /dev/shm that is unique among all runs.
inline std::string freshName ()
{
    static unsigned number = 0;
    return "joinmem-bench-" + std::to_string (::getpid ()) + "-" + std::to_string (++number) + "-"
           + std::to_string (harness::nanosNow ());
}

/// A queue in LocalMem, the same object for both threads.
template <typename Q>
class LocalPlace
{
public:
    explicit LocalPlace (int node)
    : _queue (Plan::capacity, onNode (node))
    {
    }

    Q& here ()
    {
        return _queue;
    }

    Q& there ()
    {
        return _queue;
    }

    void hide ()
    {
    }

private:
    static join::MemOptions onNode (int node)
    {
        join::MemOptions options;
        options.numaNode = node;
        return options;
    }

    Q _queue;
};

/// A queue in ShmMem, which the other process opens by its name.
template <typename Q>
class ShmPlace
{
public:
    explicit ShmPlace (int)
    : _name (freshName ())
    , _queue (Plan::capacity, _name, mode (join::OpenMode::CreateOnly))
    {
    }

    ShmPlace (const ShmPlace&) = delete;
    ShmPlace& operator= (const ShmPlace&) = delete;

    ~ShmPlace ()
    {
        hide ();
    }

    Q& here ()
    {
        return _queue;
    }

    /// In the child alone.
    Q& there ()
    {
        _other = std::make_unique<Q> (Plan::capacity, _name, mode (join::OpenMode::OpenOnly));
        return *_other;
    }

    /// Removes the name, which is not needed once both sides have the queue open.
    void hide ()
    {
        if (!_hidden)
        {
            _hidden = join::ShmMem::unlink (_name) == 0;
        }
    }

private:
    static join::MemOptions mode (join::OpenMode mode)
    {
        join::MemOptions options;
        options.openMode = mode;
        return options;
    }

    const std::string _name;
    Q _queue;
    std::unique_ptr<Q> _other;
    bool _hidden = false;
};

template <typename Memory, typename Q>
using Place = std::conditional_t<std::is_same<Memory, join::ShmMem>::value, ShmPlace<Q>, LocalPlace<Q>>;

}  // namespace tool::bench

#endif
