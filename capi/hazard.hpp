// SPDX-License-Identifier: MIT
// Which handle slots the calls in progress use: hazard pointers (Michael 2004) with asymmetric fences. Each thread has
// a record of hazard slots. A call stores its handle slot in one of them, then checks that the handle is open. The
// thread that closes a handle executes the barrier between these two steps, by membarrier(2): docs/design/handles.md.
//
// A signal handler may push and pop, on queues on which its thread has done so before (joinmem.h). So a record has more
// than one hazard slot: a call that interrupts another one uses the next.
#ifndef JOIN_CAPI_HAZARD_HPP
#define JOIN_CAPI_HAZARD_HPP

#include "handles.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// A hazard pointer: the handle slot that one call uses, or null. Only the thread that has the record stores it.
class HazardSlot
{
public:
    /// For the thread that has the record.
    bool isEmpty () const noexcept
    {
        return _used.load (std::memory_order_relaxed) == nullptr;  // [hazard] the thread's own
    }

    /// Protects the object of a handle until clear (): publishes `used`, and checks that this generation is open there.
    /// Call it on an empty hazard slot. @param fence whether to execute a fence, because membarrier(2) is not available
    /// @return false: the handle is closed, and nothing is protected
    __attribute__ ((always_inline)) bool protect (HandleSlot& used, int64_t generation, bool fence) noexcept
    {
        // A signal handler that runs before the store finds this hazard slot empty, uses it and clears it again; one
        // that runs after the store uses the next one.
        uint32_t open;
        if (__builtin_expect (fence, 0))
        {
            _used.store (&used);
            open = used.open.load ();
        }
        else
        {
            // [enter] pairs with the barrier in awaitCalls (). A release: a closer that reads this store instead of the
            // [done] of the call before synchronises with that call, too.
            _used.store (&used, std::memory_order_release);
            std::atomic_signal_fence (std::memory_order_seq_cst);  // for the compiler alone
            open = used.open.load (std::memory_order_acquire);     // [open] pairs with the release in open ()
        }
        if (__builtin_expect (open != generation, 0))
        {
            clear ();
            return false;
        }
        return true;
    }

    void clear () noexcept
    {
        _used.store (nullptr, std::memory_order_release);  // [done] pairs with the load in holds ()
    }

    /// For any thread.
    bool holds (const HandleSlot& slot) const noexcept
    {
        return _used.load () == &slot;  // [done] seq_cst, so acquire too: pairs with the release in clear ()
    }

private:
    std::atomic<HandleSlot*> _used {nullptr};
};

/// The hazard slots of one thread. A record is aligned to the pair of cache lines that the processor fetches together,
/// so that the calls of one thread do not slow those of another.
struct alignas (128) HazardRecord
{
    static constexpr unsigned maxDepth = 8;  // a call, and the calls of signal handlers that interrupt it

    HazardSlot slots[maxDepth];  // the slots in use come first
    std::atomic<bool> taken {false};
    HazardRecord* next = nullptr;
};

/// This thread's record; null before its first call, and after its thread-local destructors. Initial-exec makes an
/// access an address computation instead of a call, for 8 of the bytes that glibc reserves for libraries loaded by
/// dlopen(3).
extern __attribute__ ((visibility ("hidden"), tls_model ("initial-exec"))) __thread HazardRecord* ownRecord;

/// Whether membarrier(2) is not available.
extern __attribute__ ((visibility ("hidden"))) std::atomic<bool> barrierAbsent;

/// Whether calls execute fences, because no other thread can execute a barrier for them.
inline bool callsFence () noexcept
{
    // [absent] Set before the first handle is given out; a later change, in awaitCalls (), may be seen late.
    return barrierAbsent.load (std::memory_order_relaxed);
}

/// Finds an empty hazard slot of this thread. A thread without a record gets one, either new or of a thread that has
/// ended. @return 0; ENOMEM; EAGAIN: `maxDepth` calls of this thread are in progress
int findHazardSlot (HazardSlot** hazard) noexcept;

/// Gives the record of this hazard slot back if it is the record's first one, so that no other call uses the record.
/// For calls of a thread whose thread-local destructors have run: each takes a record of its own.
void returnRecord (const HazardSlot* hazard) noexcept;

/// Registers the process for membarrier(2). The handle table calls it before it gives out the first handle.
void prepareHazards () noexcept;

/// In a forked child: empties and gives back the records of the other threads, which do not exist there.
void clearOtherRecords () noexcept;

/// Whether a call uses the handle slot.
bool isInUse (const HandleSlot& slot) noexcept;

/// Waits until no call uses the handle slot, which has been closed.
void awaitCalls (const HandleSlot& slot) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
