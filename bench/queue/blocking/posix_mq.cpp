// SPDX-License-Identifier: MIT
// POSIX message queues. Without CAP_SYS_RESOURCE the kernel grants fs.mqueue.msg_max messages, 10 by default, of
// fs.mqueue.msgsize_max bytes: the queue is then as long as that, and larger elements are left out.
#include "loops.hpp"

#include <cerrno>
#include <fstream>
#include <mqueue.h>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace blocking
{
namespace
{
long granted (const char* setting)
{
    std::ifstream file (std::string ("/proc/sys/fs/mqueue/") + setting);
    long most = 0;
    file >> most;
    return most;
}

// Only a privileged process may have 16 MiB; opening such a queue shows whether this process is privileged.
bool holds (uint32_t bytes)
{
    mq_attr attributes {};
    attributes.mq_maxmsg = 1;
    attributes.mq_msgsize = static_cast<long> (bytes);
    const std::string name = "/joinmem-bench." + std::to_string (::getpid ());
    const mqd_t queue = ::mq_open (name.c_str (), O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    if (queue == -1)
    {
        return false;
    }
    ::mq_close (queue);
    ::mq_unlink (name.c_str ());
    return true;
}

template <typename T>
class PosixMq
{
public:
    using Element = T;
    static constexpr bool inherited = true;

    static bool counted (const Row&)
    {
        return true;
    }

    explicit PosixMq (const Setup& setup)
    : _queue (make (setup))
    {
    }

    PosixMq (const PosixMq&) = delete;
    PosixMq& operator= (const PosixMq&) = delete;

    ~PosixMq ()
    {
        ::mq_close (_queue);
    }

    void push (const T& element)
    {
        int error = EINTR;
        while (error == EINTR)
        {
            countSystemCall ();
            error = ::mq_send (_queue, reinterpret_cast<const char*> (&element), sizeof (T), 0) == 0 ? 0 : errno;
        }
        check (error, "mq_send");
    }

    void pop (T& element)
    {
        int error = EINTR;
        while (error == EINTR)
        {
            countSystemCall ();
            error = ::mq_receive (_queue, reinterpret_cast<char*> (&element), sizeof (T), nullptr) != -1 ? 0 : errno;
        }
        check (error, "mq_receive");
    }

private:
    static void check (int error, const char* what)
    {
        if (error != 0)
        {
            throw std::system_error (error, std::system_category (), what);
        }
    }

    static mqd_t open (const Setup& setup, long messages)
    {
        mq_attr attributes {};
        attributes.mq_maxmsg = messages;
        attributes.mq_msgsize = sizeof (T);
        return ::mq_open (setup.name.c_str (), O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    }

    static mqd_t make (const Setup& setup)
    {
        rlimit limit {RLIM_INFINITY, RLIM_INFINITY};
        ::setrlimit (RLIMIT_MSGQUEUE, &limit);  // of this process alone; root only
        const long capacity = static_cast<long> (setup.row.capacity);
        mqd_t queue = open (setup, capacity);
        if (queue == -1)
        {
            queue = open (setup, std::min (capacity, granted ("msg_max")));
        }
        check (queue == -1 ? errno : 0, "mq_open");
        return queue;
    }

    const mqd_t _queue;
};

bool does (const Row& row)
{
    static const bool holdsLarge = holds (64 * 1024);
    return (row.shape == Shape::Throughput && (row.bytes <= 1024 || holdsLarge)) || row.shape == Shape::Rate;
}
}  // namespace

void addPosixMq (Contenders& contenders)
{
    contenders.push_back ({"POSIX mq", does, runAny<PosixMq>, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
