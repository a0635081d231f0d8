// SPDX-License-Identifier: MIT
// What is explored: a queue, and what each thread does with it.
#ifndef MODEL_SETUP_HPP
#define MODEL_SETUP_HPP

#include <cstdint>
#include <vector>

namespace model
{
enum class Call : uint8_t
{
    Push,      // tryPush: what there is room for
    PushWait,  // all
    PushLast,  // tryPush, when all others have ended or died
    Pop,       // tryPop
    PopWait,   // all
    PopToEnd,  // waits for one, again and again until EPIPE
    PopEarly,  // a mistake: tail is stored before the copy
    Shutdown,
    Observe,      // whose is each ticket, as after a death
    Leave,        // the thread ends, and gives its lane back; of exclusive sides: the object gives back side n
    Enter,        // takes a lane
    Another,      // takes one more, by the object of another process
    Mend,         // recovers from deaths
    MendLast,     // the same, when all others have ended or died
    Inquire,      // whether nobody is left who pushes
    InquireOnce,  // a mistake: by one look
    InquireLast,  // when all others have ended or died
};

struct Step
{
    Call call;
    uint8_t n = 1;  // elements; 1: by the path for one
};

constexpr Step push = {Call::Push};
constexpr Step push2 = {Call::Push, 2};
constexpr Step pushWait = {Call::PushWait};
constexpr Step pushWait2 = {Call::PushWait, 2};
constexpr Step pop = {Call::Pop};
constexpr Step pop2 = {Call::Pop, 2};
constexpr Step popWait = {Call::PopWait};
constexpr Step popWait2 = {Call::PopWait, 2};
constexpr Step popToEnd = {Call::PopToEnd};
constexpr Step popEarly = {Call::PopEarly};
constexpr Step shutdown = {Call::Shutdown};
constexpr Step observe = {Call::Observe};
constexpr Step leave = {Call::Leave};
constexpr Step mend = {Call::Mend};
constexpr Step mendLast = {Call::MendLast};
constexpr Step pushLast = {Call::PushLast};
constexpr Step leavePusher = {Call::Leave, 1};
constexpr Step leavePopper = {Call::Leave, 2};
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

constexpr bool asks (Call call) noexcept
{
    return call >= Call::Inquire;
}

constexpr bool comesLast (Call call) noexcept
{
    return call == Call::PushLast || call == Call::MendLast || call == Call::InquireLast;
}

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
    uint8_t filled = 0;      // elements that are there at the start
    bool lanes = false;      // over a segment: with evidence
    bool apart = false;      // words apart from elements, whose size is known when run
    bool oneObject = false;  // all threads by one queue object
    bool fences = false;     // membarrier is forbidden
    uint8_t laneCount = 0;   // fewer than pushers: lanes are shared, or change hands. 0: one a thread
    uint8_t late = 0;        // bits of threads that push for the first time
    uint8_t mortal = 0;      // bits of threads that may die, before each access to what is shared
    bool buries = false;     // lanes of the dead are freed, and may be taken again
    bool grave = false;      // somebody has died in lane 1, and was buried
    bool exclusive = false;  // Spsc: each side is one object's, which takes it at its first push, or pop
};

}  // namespace model

#endif
