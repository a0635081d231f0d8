// SPDX-License-Identifier: MIT
// Concurrency Kit's ck_ring with elements in place, as in its typed form. It holds one element less than its size.
#include "aligned.hpp"
#include "measure.hpp"

// It is C: it returns false for a null pointer.
#define false 0
#include <ck_ring.h>
#undef false

namespace bench
{
namespace
{
template <typename T, Kind Of>
class Ring
{
public:
    using Element = T;
    using Producer = Ring&;
    using Consumer = Ring&;

    explicit Ring (const Place& place)
    : _elements (makeAligned<T> (place.capacity))
    {
        ::ck_ring_init (&_ring, static_cast<unsigned> (place.capacity));
    }

    bool push (const T& element)
    {
        return Of == Kind::Spsc ? ::_ck_ring_enqueue_sp (&_ring, _elements.get (), &element, sizeof (T), nullptr)
                                : ::_ck_ring_enqueue_mp (&_ring, _elements.get (), &element, sizeof (T), nullptr);
    }

    bool pop (T& element)
    {
        return Of == Kind::Mpmc ? ::_ck_ring_dequeue_mc (&_ring, _elements.get (), &element, sizeof (T))
                                : ::_ck_ring_dequeue_sc (&_ring, _elements.get (), &element, sizeof (T));
    }

private:
    alignas (128) ck_ring_t _ring;
    AlignedArray<T> _elements;
};

template <typename T>
using Spsc = Ring<T, Kind::Spsc>;
template <typename T>
using Mpsc = Ring<T, Kind::Mpsc>;
template <typename T>
using Mpmc = Ring<T, Kind::Mpmc>;
}  // namespace

void addCk (Contenders& contenders)
{
    const Entry entry {"ck_ring", Group::Peer};
    add<Spsc> (contenders, entry, {Kind::Spsc});
    add<Mpsc> (contenders, entry, {Kind::Mpsc});
    add<Mpmc> (contenders, entry, {Kind::Mpmc});
}

}  // namespace bench
