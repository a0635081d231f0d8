// SPDX-License-Identifier: MIT
// The library's queues, as a C++ program uses them.
#include "measure.hpp"
#include "wake.hpp"

#include <join/queue.hpp>

namespace bench
{
namespace
{
template <typename Queue, typename T>
struct Calls
{
    using Element = T;

    bool push (const T& element)
    {
        return queue.tryPush (element) == 0;
    }

    bool pop (T& element)
    {
        return queue.tryPop (element) == 0;
    }

    uint64_t push (const T* elements, uint64_t n)
    {
        return counted (queue.tryPush (elements, n));
    }

    uint64_t pop (T* elements, uint64_t n)
    {
        return counted (queue.tryPop (elements, n));
    }

    void await (T& element)
    {
        queue.pop (element);
    }

    static uint64_t counted (int64_t done)
    {
        return done > 0 ? static_cast<uint64_t> (done) : 0;
    }

    Queue queue;
};

template <typename Queue, typename T>
struct Local : Calls<Queue, T>
{
    using Producer = Local&;
    using Consumer = Local&;

    explicit Local (const Place& place)
    : Calls<Queue, T> {Queue (place.capacity)}
    {
    }
};

template <typename Queue, typename T>
struct Shared : Calls<Queue, T>
{
    using Producer = Shared&;
    using Consumer = Shared&;

    explicit Shared (const Place& place)
    : Calls<Queue, T> {Queue (place.capacity, place.name)}
    {
    }
};

template <typename T>
using LocalSpsc = Local<join::LocalMem::Spsc::Queue<T>, T>;
template <typename T>
using LocalMpsc = Local<join::LocalMem::Mpsc::Queue<T>, T>;
template <typename T>
using LocalMpmc = Local<join::LocalMem::Mpmc::Queue<T>, T>;
template <typename T>
using SharedSpsc = Shared<join::ShmMem::Spsc::Queue<T>, T>;
template <typename T>
using SharedMpsc = Shared<join::ShmMem::Mpsc::Queue<T>, T>;
template <typename T>
using SharedMpmc = Shared<join::ShmMem::Mpmc::Queue<T>, T>;

// Not available to programs: the algorithm of private queues over shared memory, where a dead producer blocks the queue
// for ever.
template <typename T>
using UnprotectedMpsc = Shared<join::BasicQueue<T, join::ShmMem, join::detail::ClaimRing<false, false>>, T>;
template <typename T>
using UnprotectedMpmc = Shared<join::BasicQueue<T, join::ShmMem, join::detail::ClaimRing<true, false>>, T>;
}  // namespace

void addOurs (Contenders& contenders)
{
    const Entry local {"LocalMem", Group::Ours, false};
    const Entry shared {"ShmMem", Group::Ours, true};
    add<LocalSpsc> (contenders, local, {Kind::Spsc});
    add<LocalMpsc> (contenders, local, {Kind::Mpsc});
    add<LocalMpmc> (contenders, local, {Kind::Mpmc});
    add<SharedSpsc> (contenders, shared, {Kind::Spsc});
    add<SharedMpsc> (contenders, shared, {Kind::Mpsc});
    add<SharedMpmc> (contenders, shared, {Kind::Mpmc});
    const Entry unprotected {"ShmMem, unprotected", Group::Unprotected, false};
    add<UnprotectedMpsc> (contenders, unprotected, {Kind::Mpsc});
    add<UnprotectedMpmc> (contenders, unprotected, {Kind::Mpmc});
    addWaker<LocalSpsc<Element<8>>> (contenders, local, Kind::Spsc);
    addWaker<LocalMpsc<Element<8>>> (contenders, local, Kind::Mpsc);
    addWaker<LocalMpmc<Element<8>>> (contenders, local, Kind::Mpmc);
    addWaker<SharedSpsc<Element<8>>> (contenders, shared, Kind::Spsc);
    addWaker<SharedMpsc<Element<8>>> (contenders, shared, Kind::Mpsc);
    addWaker<SharedMpmc<Element<8>>> (contenders, shared, Kind::Mpmc);
}

}  // namespace bench
