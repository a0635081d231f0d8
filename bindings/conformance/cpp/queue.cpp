// SPDX-License-Identifier: MIT
// The queues of the player in C++. A type of element has its size at compile time, and only BasicQueue has zero copy
// and private queues: so those exist for the element sizes of the scenarios. All other queues are an AnyQueue.
#include "queue.hpp"

#include <join/any_queue.hpp>
#include <join/queue.hpp>

#include <cerrno>
#include <utility>

using join::LocalMem;
using join::QueueKind;
using join::ShmMem;

namespace
{
using Milliseconds = std::chrono::milliseconds;

template <std::size_t N>
struct Element
{
    unsigned char bytes[N];
};

/// What can be done without knowing the type of an element.
template <typename Queue>
class Batches : public PlayerQueue
{
public:
    explicit Batches (Queue&& queue) noexcept
    : _queue (std::move (queue))
    {
    }

    void close () override
    {
        const Queue gone (std::move (_queue));
    }

    join::detail::QueueBase& base () override
    {
        return _queue;
    }

protected:
    /// A call with this timeout waits without limit, and returns how many elements it has done.
    static std::chrono::nanoseconds limit (int64_t timeout) noexcept
    {
        return timeout < 0 ? std::chrono::nanoseconds::max () : Milliseconds (timeout);
    }

    static int unsupported () noexcept
    {
        join::lastError.assign (ENOTSUP, "this type of queue has no zero copy");
        return -1;
    }

    Queue _queue;
};

class Any final : public Batches<join::AnyQueue>
{
public:
    using Batches::Batches;

    int push (const void* element, int64_t timeout) override
    {
        return timeout == 0  ? _queue.tryPush (element)
               : timeout < 0 ? _queue.push (element)
                             : _queue.push (element, Milliseconds (timeout));
    }

    int pop (void* element, int64_t timeout) override
    {
        return timeout == 0  ? _queue.tryPop (element)
               : timeout < 0 ? _queue.pop (element)
                             : _queue.pop (element, Milliseconds (timeout));
    }

    int64_t pushMany (const void* elements, uint64_t n, int64_t timeout) override
    {
        return _queue.push (elements, n, limit (timeout));
    }

    int64_t popMany (void* elements, uint64_t n, int64_t timeout) override
    {
        return _queue.pop (elements, n, limit (timeout));
    }

    int pushAll (const void* elements, uint64_t n) override
    {
        return _queue.push (elements, n);
    }

    int64_t popSome (void* elements, uint64_t n) override
    {
        return _queue.popSome (elements, n);
    }

    void* reserve (uint64_t*) override
    {
        return unsupported (), nullptr;
    }

    int commit (uint64_t) override
    {
        return unsupported ();
    }

    const void* peek (uint64_t*) override
    {
        return unsupported (), nullptr;
    }

    int release (uint64_t) override
    {
        return unsupported ();
    }
};

template <typename T, typename Queue>
class Typed : public Batches<Queue>
{
public:
    using Batches<Queue>::Batches;

    int push (const void* element, int64_t timeout) override
    {
        const T& typed = *static_cast<const T*> (element);
        return timeout == 0  ? this->_queue.tryPush (typed)
               : timeout < 0 ? this->_queue.push (typed)
                             : this->_queue.push (typed, Milliseconds (timeout));
    }

    int pop (void* element, int64_t timeout) override
    {
        T& typed = *static_cast<T*> (element);
        return timeout == 0  ? this->_queue.tryPop (typed)
               : timeout < 0 ? this->_queue.pop (typed)
                             : this->_queue.pop (typed, Milliseconds (timeout));
    }

    int64_t pushMany (const void* elements, uint64_t n, int64_t timeout) override
    {
        return this->_queue.push (static_cast<const T*> (elements), n, this->limit (timeout));
    }

    int64_t popMany (void* elements, uint64_t n, int64_t timeout) override
    {
        return this->_queue.pop (static_cast<T*> (elements), n, this->limit (timeout));
    }

    int pushAll (const void* elements, uint64_t n) override
    {
        return this->_queue.push (static_cast<const T*> (elements), n);
    }

    int64_t popSome (void* elements, uint64_t n) override
    {
        return this->_queue.popSome (static_cast<T*> (elements), n);
    }

    void* reserve (uint64_t*) override
    {
        return this->unsupported (), nullptr;
    }

    int commit (uint64_t) override
    {
        return this->unsupported ();
    }

    const void* peek (uint64_t*) override
    {
        return this->unsupported (), nullptr;
    }

    int release (uint64_t) override
    {
        return this->unsupported ();
    }
};

template <typename T, typename Queue>
class ZeroCopy final : public Typed<T, Queue>
{
public:
    using Typed<T, Queue>::Typed;

    void* reserve (uint64_t* n) override
    {
        const join::Span<T> room = this->_queue.reserve (*n);
        *n = room.size ();
        return room.data ();
    }

    int commit (uint64_t n) override
    {
        return this->_queue.commit (n);
    }

    const void* peek (uint64_t* n) override
    {
        const join::Span<const T> elements = this->_queue.peek (*n);
        *n = elements.size ();
        return elements.data ();
    }

    int release (uint64_t n) override
    {
        return this->_queue.release (n);
    }
};

template <typename Holder, typename Queue>
std::unique_ptr<PlayerQueue> held (Queue&& queue)
{
    return queue ? std::make_unique<Holder> (std::forward<Queue> (queue)) : nullptr;
}

template <typename T>
struct Open
{
    template <typename Mem>
    using Spsc = ZeroCopy<T, typename Mem::Spsc::template Queue<T>>;

    static std::unique_ptr<PlayerQueue> sharedSpsc (const QueueRequest& r)
    {
        return held<Spsc<ShmMem>> (ShmMem::Spsc::Queue<T>::make (r.capacity, r.name, r.memory, r.options));
    }

    static std::unique_ptr<PlayerQueue> local (const QueueRequest& r)
    {
        if (r.kind == QueueKind::Spsc)
        {
            return held<Spsc<LocalMem>> (LocalMem::Spsc::Queue<T>::make (r.capacity, r.memory, r.options));
        }
        if (r.kind == QueueKind::Mpsc)
        {
            using Queue = LocalMem::Mpsc::Queue<T>;
            return held<Typed<T, Queue>> (Queue::make (r.capacity, r.memory, r.options));
        }
        using Queue = LocalMem::Mpmc::Queue<T>;
        return held<Typed<T, Queue>> (Queue::make (r.capacity, r.memory, r.options));
    }

    static std::unique_ptr<PlayerQueue> queue (const QueueRequest& r)
    {
        return r.name == "-" ? local (r) : sharedSpsc (r);
    }
};

/// The queue with an element type of that size, or null and ENOTSUP if there is no such type.
std::unique_ptr<PlayerQueue> openTyped (const QueueRequest& r)
{
    switch (r.elementSize)
    {
        case 1:
            return Open<Element<1>>::queue (r);
        case 8:
            return Open<Element<8>>::queue (r);
        case 24:
            return Open<Element<24>>::queue (r);
        case 64:
            return Open<Element<64>>::queue (r);
        case 4096:
            return Open<Element<4096>>::queue (r);
        default:
            join::lastError.assign (EINVAL, "the player has no element type of this size");
            return nullptr;
    }
}

bool hasType (uint32_t size) noexcept
{
    return size == 1 || size == 8 || size == 24 || size == 64 || size == 4096;
}
}  // namespace

std::unique_ptr<PlayerQueue> openQueue (const QueueRequest& r)
{
    const bool typed = r.name == "-" || (r.kind == QueueKind::Spsc && hasType (r.elementSize));
    auto queue =
        typed ? openTyped (r)
              : held<Any> (join::AnyQueue::make (r.kind, r.capacity, r.elementSize, r.name, r.memory, r.options));
    if (queue != nullptr)
    {
        queue->kind = r.kind;
        queue->elementSize = r.elementSize;
    }
    return queue;
}
