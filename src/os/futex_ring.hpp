// SPDX-License-Identifier: MIT
// Sleeping until one of many words of memory is woken, with io_uring(7). A request for a word stays with the kernel
// until somebody wakes the word (FUTEX_WAIT, Linux 6.7). So a thread that sleeps on 4096 words pays for those that
// were woken since its last sleep, and not for all, as with futex_waitv(2).
#ifndef JOIN_SRC_OS_FUTEX_RING_HPP
#define JOIN_SRC_OS_FUTEX_RING_HPP

#include "os/futex.hpp"

#include <cstddef>

struct io_uring_sqe;
struct io_uring_cqe;

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// A ring belongs to the thread that calls bind (): calls of another thread fail with EEXIST, except open (), close ()
/// and the questions. No two threads may use a ring at the same time. If its thread ends, the kernel ends all requests.
class FutexRing
{
public:
    FutexRing () noexcept = default;
    FutexRing (const FutexRing&) = delete;
    FutexRing& operator= (const FutexRing&) = delete;

    ~FutexRing ()
    {
        close ();
    }

    /// Opens a ring for about n requests at a time; more make its calls slower. @return 0, or an errno. EMFILE, ENOMEM, ...; other ones: the kernel or a
    /// filter refuses rings, or the kernel is older than 6.7
    int open (std::size_t n) noexcept;

    /// Ends all requests. The kernel interrupts one system call of the threads that have opened or used the ring, at
    /// that moment or later: calls that SA_RESTART restarts go on, but epoll_wait(2) fails with EINTR. A forked child may
    /// call it too; the parent's ring is unharmed.
    void close () noexcept;

    bool isOpen () const noexcept
    {
        return _file != -1;
    }

    /// Makes the ring the calling thread's. @return 0, or an errno
    int bind () noexcept;

    /// Adds a request, which ends when the word is woken, or at once if the word has another value than expected.
    /// The kernel gets it at the next submit (). @return 0, or the errno of a submission that failed
    int add (const FutexWait& wait, uint64_t tag) noexcept;

    /// Gives the added requests to the kernel. @return 0, or an errno; ENOMEM, EAGAIN: it has no memory for them. The ring
    /// is of no use then
    int submit () noexcept;

    /// Sleeps until a request has ended, or monotonicNow () reaches `until`. 0: one has ended. ETIMEDOUT. EINTR: a signal
    /// handler has run, whatever its SA_RESTART. Other ones: the ring is of no use
    int sleep (int64_t until) noexcept;

    /// Whether requests have ended that take () has not returned. Costs a few loads.
    bool hasEnded () const noexcept;

    /// Takes the tag of a request that has ended. @return 1, with *error 0 for a word that was woken, EAGAIN for one with
    /// another value, or the errno for which the kernel gave the request up; 0: none; or -1 with *error
    int take (uint64_t* tag, int* error) noexcept;

private:
    int map (const void* parameters) noexcept;
    int enter (unsigned added, unsigned least, unsigned flags, int64_t until) noexcept;
    int complete () noexcept;

    int _file = -1;
    bool _isBound = false;
    void* _rings = nullptr;  // the mapping with the heads and tails of both rings, and the results
    std::size_t _ringBytes = 0;
    io_uring_sqe* _requests = nullptr;
    std::size_t _requestBytes = 0;
    uint32_t _requestMask = 0;
    uint32_t _added = 0;  // the tail of the ring of requests
    std::atomic<uint32_t>* _requestHead = nullptr;
    std::atomic<uint32_t>* _requestTail = nullptr;
    std::atomic<uint32_t>* _flags = nullptr;
    std::atomic<uint32_t>* _resultHead = nullptr;
    std::atomic<uint32_t>* _resultTail = nullptr;
    const io_uring_cqe* _results = nullptr;
    uint32_t _resultMask = 0;
};

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
