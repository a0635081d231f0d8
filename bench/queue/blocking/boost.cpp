// SPDX-License-Identifier: MIT
// Boost.Interprocess: message_queue, whose send and receive block.
#include "loops.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>

namespace bench
{
namespace blocking
{
namespace
{
template <typename T>
class MessageQueue
{
public:
    using Element = T;
    static constexpr bool inherited = true;

    static bool counted (const Row&)
    {
        return false;  // pthread mutexes
    }

    explicit MessageQueue (const Setup& setup)
    : _queue (boost::interprocess::create_only, setup.name.c_str () + 1, setup.row.capacity, sizeof (T))
    {
    }

    void push (const T& element)
    {
        _queue.send (&element, sizeof (T), 0);
    }

    void pop (T& element)
    {
        std::size_t bytes = 0;
        unsigned priority = 0;
        _queue.receive (&element, sizeof (T), bytes, priority);
    }

private:
    boost::interprocess::message_queue _queue;
};

bool does (const Row& row)
{
    return row.shape == Shape::Throughput || row.shape == Shape::Rate;
}
}  // namespace

void addBoost (Contenders& contenders)
{
    contenders.push_back ({"Boost message_queue", does, runAny<MessageQueue>, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
