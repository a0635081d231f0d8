// SPDX-License-Identifier: MIT
#include "comparison.hpp"

#include "harness/child.hpp"
#include "harness/figure.hpp"
#include "harness/rounds.hpp"

#include <algorithm>
#include <sys/mman.h>

namespace bench
{
namespace
{
// Beyond this size the hypervisor decides, not the sequence of calls: shown and not judged.
constexpr std::size_t largestJudged = std::size_t (512) << 20;

struct Order
{
    const Contender* contender;
    std::size_t bytes;
    uint64_t accesses;
};

void runOrder (void* with, void* result)
{
    const Order& order = *static_cast<const Order*> (with);
    *static_cast<Sample*> (result) = measure (*order.contender, order.bytes, order.accesses);
}

void runOnce (Result* result, const Plan& plan)
{
    if (result->contender->pool && !plan.pool)
    {
        result->error = plan.noPool;
        return;
    }
    Order order {result->contender, result->bytes, plan.accesses};
    Sample sample;
    const std::string error = harness::inChild (runOrder, &order, &sample, sizeof (sample));
    ::shm_unlink (sharedName ().c_str ());  // a contender that failed has left it
    if (error.empty ())
    {
        result->rounds.push_back (sample);
    }
    else
    {
        result->error = error;
    }
}

const Result* find (const std::vector<Result>& results, Group group, bool shared, std::size_t bytes)
{
    const Result* best = nullptr;
    double least = 0;
    for (const Result& result : results)
    {
        if (result.contender->group != group || result.contender->shared != shared || result.bytes != bytes
            || result.rounds.empty () || !result.error.empty ())
        {
            continue;
        }
        const double life = result.median (&Sample::ready) + result.median (&Sample::free);
        if (best == nullptr || life < least)
        {
            best = &result;
            least = life;
        }
    }
    return best;
}

Standing standingOf (const Result& ours, const Result& best)
{
    Standing standing;
    standing.ours = &ours;
    standing.best = &best;
    standing.bar = ours.bytes <= basePage ? 2 : 1.25;
    standing.judged = ours.bytes <= largestJudged;
    const auto over = [&] (double Sample::*field) { return ours.median (field) / best.median (field); };
    standing.ready = over (&Sample::ready);
    standing.free = over (&Sample::free);
    standing.latency = over (&Sample::latency);
    standing.writes = 1 / over (&Sample::writes);
    standing.ratio = (ours.median (&Sample::ready) + ours.median (&Sample::free))
                     / (best.median (&Sample::ready) + best.median (&Sample::free));
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min (ours.rounds.size (), best.rounds.size ()); ++i)
    {
        ratios.push_back ((ours.rounds[i].ready + ours.rounds[i].free) / (best.rounds[i].ready + best.rounds[i].free));
    }
    standing.q1 = harness::quantile (ratios, 0.25);
    standing.q3 = harness::quantile (ratios, 0.75);
    return standing;
}
}  // namespace

std::vector<double> Result::each (double Sample::*field) const
{
    std::vector<double> values;
    for (const Sample& sample : rounds)
    {
        values.push_back (sample.*field);
    }
    return values;
}

double Result::median (double Sample::*field) const
{
    return harness::median (each (field));
}

std::vector<Result> compare (const std::vector<Contender>& contenders, const Plan& plan)
{
    std::vector<Result> results;
    for (std::size_t bytes : plan.sizes)
    {
        for (const Contender& contender : contenders)
        {
            if (bytes >= contender.smallest)
            {
                results.push_back ({&contender, bytes, {}, ""});
            }
        }
    }
    const std::vector<std::size_t> sizes (results.size (), 1);
    harness::inRounds (sizes, plan.rounds, plan.seed,
                       [&] (std::size_t at, std::size_t) { runOnce (&results[at], plan); });
    return results;
}

std::vector<Standing> standings (const std::vector<Result>& results, const Plan& plan)
{
    std::vector<Standing> list;
    for (bool shared : {false, true})
    {
        for (std::size_t bytes : plan.sizes)
        {
            const Result* ours = find (results, Group::Library, shared, bytes);
            const Result* best = find (results, Group::Raw, shared, bytes);
            if (ours != nullptr && best != nullptr)
            {
                list.push_back (standingOf (*ours, *best));
            }
        }
    }
    return list;
}

}  // namespace bench
