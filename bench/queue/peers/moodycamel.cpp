// SPDX-License-Identifier: MIT
// moodycamel's ReaderWriterQueue and ConcurrentQueue, the latter with a token per thread, which is its fastest form.
// Both can grow, but not here: the try calls allocate no memory.
#include "measure.hpp"

#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

namespace bench
{
namespace
{
template <typename T>
class Spsc
{
public:
    using Element = T;
    using Producer = Spsc&;
    using Consumer = Spsc&;

    explicit Spsc (const Place& place)
    : _queue (place.capacity)
    {
    }

    bool push (const T& element)
    {
        return _queue.try_enqueue (element);
    }

    bool pop (T& element)
    {
        return _queue.try_dequeue (element);
    }

private:
    moodycamel::ReaderWriterQueue<T> _queue;
};

template <typename T>
class Many
{
public:
    using Element = T;

    explicit Many (const Place& place)
    : queue (place.capacity, 4, 0)
    {
    }

    class Producer
    {
    public:
        explicit Producer (Many& many)
        : _queue (many.queue)
        , _token (many.queue)
        {
        }

        bool push (const T& element)
        {
            return _queue.try_enqueue (_token, element);
        }

        uint64_t push (const T* elements, uint64_t n)
        {
            return _queue.try_enqueue_bulk (_token, elements, n) ? n : 0;
        }

    private:
        moodycamel::ConcurrentQueue<T>& _queue;
        moodycamel::ProducerToken _token;
    };

    class Consumer
    {
    public:
        explicit Consumer (Many& many)
        : _queue (many.queue)
        , _token (many.queue)
        {
        }

        bool pop (T& element)
        {
            return _queue.try_dequeue (_token, element);
        }

        uint64_t pop (T* elements, uint64_t n)
        {
            return _queue.try_dequeue_bulk (_token, elements, n);
        }

    private:
        moodycamel::ConcurrentQueue<T>& _queue;
        moodycamel::ConsumerToken _token;
    };

    moodycamel::ConcurrentQueue<T> queue;
};
}  // namespace

void addMoodycamel (Contenders& contenders)
{
    add<Spsc> (contenders, {"moodycamel ReaderWriterQueue", Group::Peer}, {Kind::Spsc});
    add<Many> (contenders, {"moodycamel ConcurrentQueue", Group::Peer}, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
