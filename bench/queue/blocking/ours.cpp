// SPDX-License-Identifier: MIT
// The library's queues, as a C++ program uses them.
#include "loops.hpp"

#include <join/queue.hpp>

#include <sched.h>
#include <stdexcept>

namespace bench
{
namespace blocking
{
namespace
{
template <typename Queue, typename T, bool Shared>
class Ours
{
public:
    using Element = T;
    static constexpr bool inherited = false;
    static bool counted (const Row&)
    {
        return true;
    }

    explicit Ours (const Setup& setup)
    : _queue (make (setup))
    , _pushBlocks (setup.mode == Mode::PushBlocks || setup.mode == Mode::BothBlock)
    , _popBlocks (setup.mode == Mode::PopBlocks || setup.mode == Mode::BothBlock)
    {
    }

    void push (const T& element)
    {
        if (_pushBlocks)
        {
            check (_queue.push (element));
            return;
        }
        while (_queue.tryPush (element) != 0)
        {
            ::sched_yield ();
        }
    }

    void pop (T& element)
    {
        if (_popBlocks)
        {
            check (_queue.pop (element));
            return;
        }
        while (_queue.tryPop (element) != 0)
        {
            ::sched_yield ();
        }
    }

private:
    static void check (int result)
    {
        if (result != 0)
        {
            throw std::runtime_error (join::lastError.message ());
        }
    }

    static Queue make (const Setup& setup)
    {
        if constexpr (Shared)
        {
            return Queue (setup.row.capacity, setup.name);
        }
        else
        {
            return Queue (setup.row.capacity);
        }
    }

    Queue _queue;
    const bool _pushBlocks;
    const bool _popBlocks;
};

template <typename T>
using LocalSpsc = Ours<join::LocalMem::Spsc::Queue<T>, T, false>;
template <typename T>
using LocalMpsc = Ours<join::LocalMem::Mpsc::Queue<T>, T, false>;
template <typename T>
using LocalMpmc = Ours<join::LocalMem::Mpmc::Queue<T>, T, false>;
template <typename T>
using SharedSpsc = Ours<join::ShmMem::Spsc::Queue<T>, T, true>;
template <typename T>
using SharedMpsc = Ours<join::ShmMem::Mpsc::Queue<T>, T, true>;
template <typename T>
using SharedMpmc = Ours<join::ShmMem::Mpmc::Queue<T>, T, true>;

template <template <typename> class Local, template <typename> class Shared>
void runMemory (const Contender& self, const Order& order, Sample* sample)
{
    order.row.shared ? runAny<Shared> (self, order, sample) : runAny<Local> (self, order, sample);
}

void run (const Contender& self, const Order& order, Sample* sample)
{
    switch (order.row.kind)
    {
        case Kind::Spsc:
            runMemory<LocalSpsc, SharedSpsc> (self, order, sample);
            break;
        case Kind::Mpsc:
            runMemory<LocalMpsc, SharedMpsc> (self, order, sample);
            break;
        case Kind::Mpmc:
            runMemory<LocalMpmc, SharedMpmc> (self, order, sample);
            break;
    }
}

bool isThroughput (const Row& row)
{
    return row.shape == Shape::Throughput;
}

bool isOther (const Row& row)
{
    return row.shape != Shape::Throughput;
}
}  // namespace

void addOurs (Contenders& contenders)
{
    contenders.push_back ({"push blocks", isThroughput, run, Mode::PushBlocks, ""});
    contenders.push_back ({"pop blocks", isThroughput, run, Mode::PopBlocks, ""});
    contenders.push_back ({"both block", isThroughput, run, Mode::BothBlock, ""});
    contenders.push_back ({"yield", isThroughput, run, Mode::Yield, ""});
    contenders.push_back ({"ours", isOther, run, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
