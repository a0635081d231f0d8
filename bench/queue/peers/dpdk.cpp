// SPDX-License-Identifier: MIT
// DPDK's rte_ring in memory of our own, without DPDK's environment. It holds one element less than its size.
#include "measure.hpp"

#include <rte_ring.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bench
{
namespace
{
// What a producer or a consumer waits for: nothing (single), all earlier ones (default), or the last one (RTS).
template <typename T, unsigned Flags>
class Ring
{
public:
    using Element = T;
    using Producer = Ring&;
    using Consumer = Ring&;

    explicit Ring (const Place& place)
    {
        const ssize_t bytes = ::rte_ring_get_memsize_elem (sizeof (T), static_cast<unsigned> (place.capacity));
        if (bytes > 0)
        {
            _ring =
                static_cast<rte_ring*> (std::aligned_alloc (128, (static_cast<std::size_t> (bytes) + 127) & ~127UL));
        }
        if (_ring == nullptr || ::rte_ring_init (_ring, "bench", static_cast<unsigned> (place.capacity), Flags) != 0)
        {
            std::free (_ring);
            throw std::runtime_error ("rte_ring_init failed");
        }
    }

    Ring (const Ring&) = delete;
    Ring& operator= (const Ring&) = delete;

    ~Ring ()
    {
        std::free (_ring);
    }

    bool push (const T& element)
    {
        return push (&element, 1) == 1;
    }

    bool pop (T& element)
    {
        return pop (&element, 1) == 1;
    }

    uint64_t push (const T* elements, uint64_t n)
    {
        const unsigned count = static_cast<unsigned> (n);
        if constexpr ((Flags & RING_F_SP_ENQ) != 0)
        {
            return ::rte_ring_sp_enqueue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
        else if constexpr ((Flags & RING_F_MP_RTS_ENQ) != 0)
        {
            return ::rte_ring_mp_rts_enqueue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
        else
        {
            return ::rte_ring_mp_enqueue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
    }

    uint64_t pop (T* elements, uint64_t n)
    {
        const unsigned count = static_cast<unsigned> (n);
        if constexpr ((Flags & RING_F_SC_DEQ) != 0)
        {
            return ::rte_ring_sc_dequeue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
        else if constexpr ((Flags & RING_F_MC_RTS_DEQ) != 0)
        {
            return ::rte_ring_mc_rts_dequeue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
        else
        {
            return ::rte_ring_mc_dequeue_burst_elem (_ring, elements, sizeof (T), count, nullptr);
        }
    }

private:
    rte_ring* _ring = nullptr;
};

template <typename T>
using Single = Ring<T, RING_F_SP_ENQ | RING_F_SC_DEQ>;
template <typename T>
using ManyOne = Ring<T, RING_F_SC_DEQ>;
template <typename T>
using Many = Ring<T, 0>;
template <typename T>
using RelaxedOne = Ring<T, RING_F_MP_RTS_ENQ | RING_F_SC_DEQ>;
template <typename T>
using Relaxed = Ring<T, RING_F_MP_RTS_ENQ | RING_F_MC_RTS_DEQ>;
}  // namespace

void addDpdk (Contenders& contenders)
{
    const Entry ring {"DPDK rte_ring", Group::Peer};
    const Entry relaxed {"DPDK rte_ring RTS", Group::Peer};
    add<Single> (contenders, ring, {Kind::Spsc});
    add<ManyOne> (contenders, ring, {Kind::Mpsc});
    add<Many> (contenders, ring, {Kind::Mpmc});
    add<RelaxedOne> (contenders, relaxed, {Kind::Mpsc});
    add<Relaxed> (contenders, relaxed, {Kind::Mpmc});
}

}  // namespace bench
