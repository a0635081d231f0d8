// SPDX-License-Identifier: MIT
// The library's queues through joinmem.h, as a C program uses them.
#include "measure.hpp"
#include "wake.hpp"

#include <joinmem.h>

#include <stdexcept>

namespace bench
{
namespace
{
template <typename T, uint32_t Of>
class ByC
{
public:
    using Element = T;
    using Producer = ByC&;
    using Consumer = ByC&;

    explicit ByC (const Place& place)
    : _queue (::jm_queue_create (Of, place.capacity, sizeof (T)))
    {
        if (_queue <= 0)
        {
            throw std::runtime_error ("jm_queue_create failed");
        }
    }

    ByC (const ByC&) = delete;
    ByC& operator= (const ByC&) = delete;

    ~ByC ()
    {
        ::jm_close (_queue);
    }

    bool push (const T& element)
    {
        return ::jm_queue_try_push (_queue, &element) == 0;
    }

    bool pop (T& element)
    {
        return ::jm_queue_try_pop (_queue, &element) == 0;
    }

    uint64_t push (const T* elements, uint64_t n)
    {
        return counted (::jm_queue_try_push_n (_queue, elements, n));
    }

    uint64_t pop (T* elements, uint64_t n)
    {
        return counted (::jm_queue_try_pop_n (_queue, elements, n));
    }

    void await (T& element)
    {
        ::jm_queue_pop (_queue, &element, -1);
    }

private:
    static uint64_t counted (int64_t done)
    {
        return done > 0 ? static_cast<uint64_t> (done) : 0;
    }

    const jm_handle _queue;
};

template <typename T>
using SpscByC = ByC<T, JM_SPSC>;
template <typename T>
using MpscByC = ByC<T, JM_MPSC>;
template <typename T>
using MpmcByC = ByC<T, JM_MPMC>;
}  // namespace

void addOursByC (Contenders& contenders)
{
    const Entry entry {"LocalMem, C ABI", Group::OursByC};
    add<SpscByC> (contenders, entry, {Kind::Spsc});
    add<MpscByC> (contenders, entry, {Kind::Mpsc});
    add<MpmcByC> (contenders, entry, {Kind::Mpmc});
    addWaker<SpscByC<Element<8>>> (contenders, entry, Kind::Spsc);
}

}  // namespace bench
