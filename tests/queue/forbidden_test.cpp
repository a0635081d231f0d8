// SPDX-License-Identifier: MIT
// A filter forbids membarrier(2), as a container's does: all promises hold, and an idle waiter wakes more often.
#include "stress.hpp"

#include <stddef.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

using namespace std::chrono_literals;

namespace
{
void forbidBarriers (int error)
{
    struct sock_filter program[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<unsigned> (error) & SECCOMP_RET_DATA)),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof (program) / sizeof (program[0]), program};
    if (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    {
        throw std::runtime_error ("no filter can be set");
    }
}

template <typename Kind>
void allHolds (crash::Verdict& verdict)
{
    for (uint64_t round = 0; round < 4; ++round)
    {
        Load load = {};
        load.capacity = round % 3 == 0 ? 1 : 16;
        load.producers = Kind::manyProducers ? 3 : 1;
        load.consumers = Kind::manyConsumers ? 2 : 1;
        load.each = 300;
        load.batchMost = 1 + round % 2 * 4;
        load.blocking = round % 3 != 1;
        load.processes = Kind::shared && round >= 3;
        load.seed = round;
        load.maxProducers = 2;
        load.oneObject = !load.processes;
        if (load.processes)
        {
            load.maxProducers = 0;
        }
        const std::string complaint = stress<Kind, 24> (load);
        if (!complaint.empty ())
        {
            verdict.say (complaint);
        }
    }
    Made<Kind> made (1);
    struct rusage before = {};
    struct rusage after = {};
    uint64_t got = 0;
    ::getrusage (RUSAGE_THREAD, &before);
    made->pop (got, 300ms);
    ::getrusage (RUSAGE_THREAD, &after);
    const long woken = after.ru_nvcsw - before.ru_nvcsw;
    if (woken > 310)
    {
        verdict.say (std::to_string (woken) + " wake-ups in 0.3 s");
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("without membarrier idle waiters wake 1000 times a second", "[queue][forbidden]", AllKinds)
{
    // This process has created no queue yet, so the child detects the refusal itself.
    for (const int error : {ENOSYS, EPERM})
    {
        CHECK (crash::judge ([&] (crash::Verdict& verdict) {
                   forbidBarriers (error);
                   allHolds<TestType> (verdict);
               })
               == "");
    }
}

TEMPLATE_LIST_TEST_CASE ("queues work when membarrier becomes forbidden", "[queue][forbidden]", AllKinds)
{
    CHECK (crash::judge ([&] (crash::Verdict& verdict) {
               {
                   Made<TestType> made (1);
                   made->push (1);
               }
               forbidBarriers (EPERM);
               allHolds<TestType> (verdict);
           })
           == "");
}
