// SPDX-License-Identifier: MIT
// io_uring_setup(2), io_uring_register(2), io_uring_enter(2), by syscall(2): libc has no wrappers.
//
// With IORING_SETUP_DEFER_TASKRUN (Linux 6.1) the kernel completes requests in the ring's own calls alone: it never
// interrupts another system call of the program. With IORING_SETUP_TASKRUN_FLAG one load shows that some are to be
// completed.
#include "futex_ring.hpp"

#include "descriptors.hpp"

#include <cerrno>
#include <cstring>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
// Newer than the headers that the library may be compiled with.
constexpr uint32_t setupNoArray = 1U << 16;  // IORING_SETUP_NO_SQARRAY, Linux 6.6
constexpr uint8_t futexWait = 51;            // IORING_OP_FUTEX_WAIT, Linux 6.7
constexpr uint64_t anyBits = 0xffffffff;     // FUTEX_BITSET_MATCH_ANY

constexpr uint32_t submissions = 256;  // added requests that the ring has room for
constexpr std::size_t resultsMost = 65536;
constexpr int64_t second = 1000000000;

long control (int file, unsigned operation, void* argument, unsigned n) noexcept
{
    return ::syscall (SYS_io_uring_register, file, operation, argument, n);
}

// Whether the kernel knows FUTEX_WAIT.
bool knowsFutexes (int file) noexcept
{
    constexpr unsigned operations = 64;
    alignas (io_uring_probe) char bytes[sizeof (io_uring_probe) + operations * sizeof (io_uring_probe_op)] = {};
    io_uring_probe* const probe = reinterpret_cast<io_uring_probe*> (bytes);
    return control (file, IORING_REGISTER_PROBE, probe, operations) == 0 && probe->ops_len > futexWait
           && (probe->ops[futexWait].flags & IO_URING_OP_SUPPORTED) != 0;
}

template <typename T>
T* at (void* begin, uint32_t offset) noexcept
{
    return reinterpret_cast<T*> (static_cast<char*> (begin) + offset);
}
}  // namespace

int FutexRing::open (std::size_t n) noexcept
{
    io_uring_params parameters = {};
    parameters.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
                       | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP
                       | setupNoArray;
    parameters.cq_entries = static_cast<uint32_t> (n < submissions ? submissions : n < resultsMost ? n : resultsMost);
    int error = keepDescriptor (static_cast<int> (::syscall (SYS_io_uring_setup, submissions, &parameters)), &_file);
    if (error != 0)
    {
        return error;
    }
    constexpr uint32_t needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
    error = (parameters.features & needed) == needed && knowsFutexes (_file) ? map (&parameters) : ENOSYS;
    if (error != 0)
    {
        close ();
    }
    return error;
}

int FutexRing::map (const void* found) noexcept
{
    const io_uring_params& parameters = *static_cast<const io_uring_params*> (found);
    constexpr int access = PROT_READ | PROT_WRITE;
    const std::size_t ringBytes = parameters.cq_off.cqes + parameters.cq_entries * sizeof (io_uring_cqe);
    const std::size_t requestBytes = parameters.sq_entries * sizeof (io_uring_sqe);
    void* const rings = ::mmap (nullptr, ringBytes, access, MAP_SHARED | MAP_POPULATE, _file, IORING_OFF_SQ_RING);
    if (rings == MAP_FAILED)
    {
        return errno;
    }
    _rings = rings;
    _ringBytes = ringBytes;
    void* const requests = ::mmap (nullptr, requestBytes, access, MAP_SHARED | MAP_POPULATE, _file, IORING_OFF_SQES);
    if (requests == MAP_FAILED)
    {
        return errno;
    }
    _requests = static_cast<io_uring_sqe*> (requests);
    _requestBytes = requestBytes;
    _requestMask = parameters.sq_entries - 1;
    _requestHead = at<std::atomic<uint32_t>> (rings, parameters.sq_off.head);
    _requestTail = at<std::atomic<uint32_t>> (rings, parameters.sq_off.tail);
    _flags = at<std::atomic<uint32_t>> (rings, parameters.sq_off.flags);
    _resultHead = at<std::atomic<uint32_t>> (rings, parameters.cq_off.head);
    _resultTail = at<std::atomic<uint32_t>> (rings, parameters.cq_off.tail);
    _results = at<const io_uring_cqe> (rings, parameters.cq_off.cqes);
    _resultMask = parameters.cq_entries - 1;
    return 0;
}

// A child that is forked meanwhile closes what is noted as open: it must be open still.
void FutexRing::close () noexcept
{
    if (void* const requests = std::exchange (_requests, nullptr))
    {
        ::munmap (requests, _requestBytes);
    }
    if (void* const rings = std::exchange (_rings, nullptr))
    {
        ::munmap (rings, _ringBytes);
    }
    const int file = std::exchange (_file, -1);
    if (file != -1)
    {
        ::syscall (SYS_close, file);  // libc's close () is a cancellation point
    }
    _isBound = false;
    _added = 0;
}

int FutexRing::bind () noexcept
{
    if (_isBound)
    {
        return 0;
    }
    _isBound = control (_file, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0;
    return _isBound ? 0 : errno;
}

int FutexRing::add (const FutexWait& wait, uint64_t tag) noexcept
{
    if (_added - _requestHead->load () > _requestMask)
    {
        const int error = submit ();
        if (error != 0)
        {
            return error;
        }
    }
    io_uring_sqe& request = _requests[_added & _requestMask];
    std::memset (&request, 0, sizeof (request));
    request.opcode = futexWait;
    request.fd = static_cast<int> (wait.flags);
    request.addr = wait.address;
    request.addr2 = wait.value;
    request.addr3 = anyBits;
    request.user_data = tag;
    _requestTail->store (++_added);
    return 0;
}

// Calls the kernel with that many of the added requests.
int FutexRing::enter (unsigned added, unsigned least, unsigned flags, int64_t until) noexcept
{
    int64_t time[2] = {0, 0};
    io_uring_getevents_arg argument = {};
    if (least != 0 && until != INT64_MAX)
    {
        const int64_t left = until - monotonicNow ();
        time[0] = left > 0 ? left / second : 0;
        time[1] = left > 0 ? left % second : 0;
        argument.ts = static_cast<uint64_t> (reinterpret_cast<std::uintptr_t> (time));
    }
    const long result =
        ::syscall (SYS_io_uring_enter, _file, added, least, flags | IORING_ENTER_EXT_ARG, &argument, sizeof (argument));
    if (result == -1)
    {
        return errno == ETIME ? ETIMEDOUT : errno;
    }
    return static_cast<unsigned> (result) < added ? ENOMEM : 0;
}

int FutexRing::submit () noexcept
{
    const unsigned added = _added - _requestHead->load ();
    return added == 0 ? 0 : enter (added, 0, 0, 0);
}

int FutexRing::sleep (int64_t until) noexcept
{
    return enter (0, 1, IORING_ENTER_GETEVENTS, until);
}

// The thread that wakes a word first queues the request, and sets IORING_SQ_TASKRUN afterwards. If a call completes the
// request in between, the bit stays without a request, and the kernel clears it only when it completes another one. So
// it is cleared here, before the call.
int FutexRing::complete () noexcept
{
    _flags->fetch_and (~uint32_t (IORING_SQ_TASKRUN));
    const int error = enter (0, 0, IORING_ENTER_GETEVENTS, 0);
    if (error != 0)
    {
        _flags->fetch_or (IORING_SQ_TASKRUN);
    }
    return error;
}

bool FutexRing::hasEnded () const noexcept
{
    constexpr uint32_t ended = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
    return _resultTail->load () != _resultHead->load () || (_flags->load () & ended) != 0;
}

int FutexRing::take (uint64_t* tag, int* error) noexcept
{
    const uint32_t head = _resultHead->load ();
    if (head == _resultTail->load ())
    {
        *error = hasEnded () ? complete () : 0;
        if (*error != 0)
        {
            return -1;
        }
        if (head == _resultTail->load ())
        {
            return 0;
        }
    }
    *tag = _results[head & _resultMask].user_data;
    *error = -_results[head & _resultMask].res;
    _resultHead->store (head + 1);
    return 1;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
