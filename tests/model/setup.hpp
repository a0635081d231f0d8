// SPDX-License-Identifier: MIT
// What is explored: a queue, and the calls of each thread.
#ifndef MODEL_SETUP_HPP
#define MODEL_SETUP_HPP

#include <cstdint>
#include <vector>

namespace model
{
enum class Call : uint8_t
{
    Push,      // tryPush: as many as there is room for
    PushWait,  // push: all
    PushLast,  // tryPush, when all other threads have ended or died
    Pop,       // tryPop
    PopWait,   // pop: all
    PopToEnd,  // pop, repeated until EPIPE
    PopEarly,  // a planted mistake: tail is stored before the copy
    Shutdown,
    AwaitElement,  // waits for an element and takes none
    PushBeside,    // tryPush to the second queue
    Serve,         // waits in the set, and takes what events report, or fills the room, n times; 0: takes nothing
    Wake,          // wakes the set
    Help,          // the helper thread of the set
    EndHelp,       // ends it
    Observe,       // determines the owner of each ticket, as recovery does
    Leave,         // the thread ends and frees its slot; with exclusive roles, the object releases role n
    Enter,         // takes a slot
    Another,       // takes one more slot, by the object of another process
    Mend,          // recovers from deaths
    MendLast,      // the same, when all other threads have ended or died
    Inquire,       // checks whether a live producer is left
    InquireOnce,   // a planted mistake: checks only once
    InquireLast,   // Inquire, when all other threads have ended or died
};

struct Step
{
    Call call;
    uint8_t n = 1;  // number of elements; 1: by the path for single elements
};

constexpr Step push = {Call::Push};
constexpr Step push2 = {Call::Push, 2};
constexpr Step push3 = {Call::Push, 3};
constexpr Step pushWait = {Call::PushWait};
constexpr Step pushWait2 = {Call::PushWait, 2};
constexpr Step pop = {Call::Pop};
constexpr Step pop2 = {Call::Pop, 2};
constexpr Step popWait = {Call::PopWait};
constexpr Step popWait2 = {Call::PopWait, 2};
constexpr Step popToEnd = {Call::PopToEnd};
constexpr Step popEarly = {Call::PopEarly};
constexpr Step shutdown = {Call::Shutdown};
constexpr Step awaitElement = {Call::AwaitElement};
constexpr Step pushBeside = {Call::PushBeside};
constexpr Step awaitEvent = {Call::Serve, 0};
constexpr Step serve = {Call::Serve};
constexpr Step serve2 = {Call::Serve, 2};
constexpr Step serve3 = {Call::Serve, 3};
constexpr Step wakeSet = {Call::Wake};
constexpr Step help = {Call::Help};
constexpr Step endHelp = {Call::EndHelp};
constexpr Step observe = {Call::Observe};
constexpr Step leave = {Call::Leave};
constexpr Step mend = {Call::Mend};
constexpr Step mendLast = {Call::MendLast};
constexpr Step pushLast = {Call::PushLast};
constexpr Step leaveProducer = {Call::Leave, 1};
constexpr Step leaveConsumer = {Call::Leave, 2};
constexpr Step enter = {Call::Enter};
constexpr Step another = {Call::Another};
constexpr Step inquire = {Call::Inquire};
constexpr Step inquireOnce = {Call::InquireOnce};
constexpr Step inquireLast = {Call::InquireLast};

constexpr bool pushes (Call call) noexcept
{
    return call <= Call::PushLast;
}

constexpr bool pops (Call call) noexcept
{
    return call >= Call::Pop && call <= Call::PopEarly;
}

constexpr bool usesSet (Call call) noexcept
{
    return call >= Call::PushBeside && call <= Call::EndHelp;
}

constexpr bool asks (Call call) noexcept
{
    return call >= Call::Inquire;
}

constexpr bool comesLast (Call call) noexcept
{
    return call == Call::PushLast || call == Call::MendLast || call == Call::InquireLast;
}

/// What a wait set watches the queue for.
enum class Watch : uint8_t
{
    None,  // there is no set
    Element,
    Room,
};

enum class Policy : uint8_t
{
    Spsc,
    Mpsc,
    Mpmc,
};

struct Setup
{
    const char* name;
    Policy policy;
    uint8_t capacity;
    std::vector<std::vector<Step>> threads;
    uint8_t filled = 0;         // elements at the start
    bool slots = false;         // a shared queue, with intent records
    bool apart = false;         // cell sequences apart from elements, whose size is known only at run time
    bool oneObject = false;     // all threads use one queue object
    bool fences = false;        // membarrier is forbidden
    uint8_t slotCount = 0;      // fewer than producers: slots are shared, or change owners. 0: one for each thread
    uint8_t late = 0;           // one bit for each thread that makes its first push
    uint8_t mortal = 0;         // one bit for each thread that may die, before any access to shared memory
    bool buries = false;        // slots of dead owners are freed and may be reused
    bool grave = false;         // a producer has died in slot 1 and was recovered
    bool counted = false;       // the counts of sleepers are part of the model, so wake-ups may be partial
    bool dearBarriers = false;  // the first sleep of a wait is short and without a barrier
    bool shortSleeps = false;   // producers may be woken late
    uint8_t asleepFirst = 0;    // one bit for each thread that falls asleep before the others begin
    bool timeouts = false;      // if no thread can continue, sleeps end by themselves
    Watch watch = Watch::None;  // a set watches this queue, and a second one for elements
    uint8_t amount = 1;         // that the set waits for
    bool ring = false;          // the set uses a ring (os::FutexRing) and no helper
    bool early = false;         // sleeps of the set that may end by time may also end at once
    bool givesUp = false;       // waits of the set fail when time has passed and nothing is ready
    bool exclusive = false;     // Spsc: each role belongs to one object, which takes it at its first push or pop
};

}  // namespace model

#endif
