// SPDX-License-Identifier: MIT
/// Every call of a queue that may wait.
#ifndef JOIN_TESTS_QUEUE_WAITS_HPP
#define JOIN_TESTS_QUEUE_WAITS_HPP

#include "kinds.hpp"

#include <join/any_queue.hpp>

#include <array>
#include <functional>

constexpr std::chrono::nanoseconds aDay = std::chrono::hours (24);

/// A call that waits on an empty or a full queue. Returns 0 or its errno; a batch that was done in part returns 0.
template <typename Queue>
struct Form
{
    const char* name;
    bool pushes;
    std::function<int (Queue&)> call;
};

/// BasicQueue takes elements by reference, AnyQueue by address.
template <typename Queue>
std::vector<Form<Queue>> singleForms ()
{
    if constexpr (std::is_same<Queue, join::AnyQueue>::value)
    {
        static const uint64_t one = 1;
        return {
            {"pop", false,
             [] (Queue& q) {
                 uint64_t got = 0;
                 return errorOf ([&] { return q.pop (&got); });
             }},
            {"pop, timed", false,
             [] (Queue& q) {
                 uint64_t got = 0;
                 return errorOf ([&] { return q.pop (&got, aDay); });
             }},
            {"push", true, [] (Queue& q) { return errorOf ([&] { return q.push (&one); }); }},
            {"push, timed", true, [] (Queue& q) { return errorOf ([&] { return q.push (&one, aDay); }); }},
        };
    }
    else
    {
        return {
            {"pop", false,
             [] (Queue& q) {
                 uint64_t got = 0;
                 return errorOf ([&] { return q.pop (got); });
             }},
            {"pop, timed", false,
             [] (Queue& q) {
                 uint64_t got = 0;
                 return errorOf ([&] { return q.pop (got, aDay); });
             }},
            {"push", true, [] (Queue& q) { return errorOf ([&] { return q.push (1); }); }},
            {"push, timed", true, [] (Queue& q) { return errorOf ([&] { return q.push (1, aDay); }); }},
        };
    }
}

template <typename Queue>
std::vector<Form<Queue>> forms ()
{
    std::vector<Form<Queue>> all = singleForms<Queue> ();
    using Out = std::array<uint64_t, 2>;
    static const uint64_t in[2] = {1, 1};
    const auto add = [&] (const char* name, bool pushes, std::function<int64_t (Queue&)> call) {
        all.push_back ({name, pushes, [call] (Queue& q) { return errorOf ([&] { return call (q); }); }});
    };
    add ("pop 2", false, [] (Queue& q) {
        Out out;
        return q.pop (out.data (), 2);
    });
    add ("pop 2, timed", false, [] (Queue& q) {
        Out out;
        return q.pop (out.data (), 2, aDay);
    });
    add ("popSome", false, [] (Queue& q) {
        Out out;
        return q.popSome (out.data (), 2);
    });
    add ("popSome, timed", false, [] (Queue& q) {
        Out out;
        return q.popSome (out.data (), 2, aDay);
    });
    add ("push 2", true, [] (Queue& q) { return q.push (in, 2); });
    add ("push 2, timed", true, [] (Queue& q) { return q.push (in, 2, aDay); });
    return all;
}

#endif
