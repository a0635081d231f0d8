// SPDX-License-Identifier: MIT
/// pthread mutex and condition variable between processes, with the members of std::mutex and std::condition_variable.
#ifndef BENCH_QUEUE_BLOCKING_PROCESS_MUTEX_HPP
#define BENCH_QUEUE_BLOCKING_PROCESS_MUTEX_HPP

#include <mutex>
#include <pthread.h>

namespace bench
{
namespace blocking
{
class ProcessMutex
{
public:
    ProcessMutex ()
    {
        pthread_mutexattr_t attributes;
        ::pthread_mutexattr_init (&attributes);
        ::pthread_mutexattr_setpshared (&attributes, PTHREAD_PROCESS_SHARED);
        ::pthread_mutex_init (&_mutex, &attributes);
        ::pthread_mutexattr_destroy (&attributes);
    }

    ProcessMutex (const ProcessMutex&) = delete;
    ProcessMutex& operator= (const ProcessMutex&) = delete;

    void lock ()
    {
        ::pthread_mutex_lock (&_mutex);
    }

    void unlock ()
    {
        ::pthread_mutex_unlock (&_mutex);
    }

    pthread_mutex_t* native ()
    {
        return &_mutex;
    }

private:
    pthread_mutex_t _mutex;
};

class ProcessCondition
{
public:
    ProcessCondition ()
    {
        pthread_condattr_t attributes;
        ::pthread_condattr_init (&attributes);
        ::pthread_condattr_setpshared (&attributes, PTHREAD_PROCESS_SHARED);
        ::pthread_cond_init (&_condition, &attributes);
        ::pthread_condattr_destroy (&attributes);
    }

    ProcessCondition (const ProcessCondition&) = delete;
    ProcessCondition& operator= (const ProcessCondition&) = delete;

    void wait (std::unique_lock<ProcessMutex>& lock)
    {
        ::pthread_cond_wait (&_condition, lock.mutex ()->native ());
    }

    void notify_one ()
    {
        ::pthread_cond_signal (&_condition);
    }

private:
    pthread_cond_t _condition;
};

}  // namespace blocking
}  // namespace bench

#endif
