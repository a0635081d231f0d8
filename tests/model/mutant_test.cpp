// SPDX-License-Identifier: MIT
// Tests of the test: a queue with a mistake in it does not hold.
#include "explorer.hpp"
#include "setups.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>

using namespace model;

namespace
{
struct Explored
{
    Setup setup;
    Verdict verdict;
};

std::vector<Setup> smallSetups ()
{
    std::vector<Setup> all = quickSetups ();
    for (const auto& more : {mortalSetups (), placeSetups ()})
    {
        all.insert (all.end (), more.begin (), more.end ());
    }
    return all;
}

// The small set-ups, the smallest first. Explored once: it takes a second or more.
const std::vector<Explored>& explored ()
{
    static const std::vector<Explored> all = [] {
        std::vector<Explored> each;
        for (const Setup& setup : smallSetups ())
        {
            each.push_back (Explored {setup, explore (setup)});
        }
        std::stable_sort (each.begin (), each.end (),
                          [] (const Explored& a, const Explored& b) { return a.verdict.states < b.verdict.states; });
        return each;
    }();
    return all;
}

// Where the mistake shows, and how; empty: nowhere.
std::string shows (const Mutant& mutant, const std::vector<Explored>& all)
{
    for (const Explored& one : all)
    {
        if (mutant.site != nullptr && one.verdict.sites.count (mutant.site) == 0)
        {
            continue;
        }
        const Verdict verdict = explore (one.setup, mutant);
        if (!verdict.fault.empty ())
        {
            return std::string (one.setup.name) + ": " + verdict.fault;
        }
    }
    return "";
}

std::string showsIn (const Mutant& mutant, const std::string& name)
{
    for (const Setup& setup : smallSetups ())
    {
        if (setup.name == name)
        {
            return explore (setup, mutant).fault;
        }
    }
    return "no set-up of that name";
}

// seq_cst by default, on slow paths: ARCHITECTURE.md says why relaxed would do.
bool defaultOnly (const Site& site)
{
    for (const char* text : {"event.fetch_add (1)", "gate.state.fetch_and (~bit)", "state, state & ~detail::askedBit",
                             "| detail::endedBit", "fetch_or (detail::closedBit)", "fetch_or (detail::shutBit)"})
    {
        if (site.text.find (text) != std::string::npos)
        {
            return true;
        }
    }
    return false;
}

Mutant late (const char* text, const char* until)
{
    Mutant mutant;
    mutant.mistake = Mistake::Late;
    mutant.text = text;
    mutant.until = until;
    return mutant;
}

Mutant skipped (const char* text)
{
    Mutant mutant;
    mutant.mistake = Mistake::Skip;
    mutant.text = text;
    return mutant;
}

Mutant readOnce (const char* text)
{
    Mutant mutant;
    mutant.mistake = Mistake::Once;
    mutant.text = text;
    return mutant;
}

Mutant withoutProof ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Hasty;
    return mutant;
}

Mutant withEarlyProof ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Early;
    return mutant;
}

Mutant withoutBarriers ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Blind;
    return mutant;
}
}  // namespace

TEST_CASE ("each order is as strong as it need be", "[orders]")
{
    const std::vector<Explored>& all = explored ();
    unsigned noticed = 0;
    for (const Mutant& mutant : weakened ())
    {
        if (defaultOnly (*mutant.site))
        {
            continue;
        }
        const std::string how = shows (mutant, all);
        std::printf ("%-55s %s\n", mutant.name.c_str (), how.empty () ? "NOT NOTICED" : how.c_str ());
        INFO (mutant.name << " is noticed nowhere");
        CHECK_FALSE (how.empty ());
        ++noticed;
    }
    CHECK (noticed >= 24);  // as many as there are, or sites go unseen
}

TEST_CASE ("each weak order that is come by has a label", "[orders]")
{
    explored ();
    for (const Site* site : sites ())
    {
        INFO (site->where () << ": " << site->text);
        const bool weak = site->order != Order::Plain && site->order != Order::SeqCst;
        CHECK ((!site->core || !weak || !site->label.empty ()));
    }
}

TEST_CASE ("seq_cst where it is a mere default is not needed", "[defaults]")
{
    const std::vector<Explored>& all = explored ();
    unsigned count = 0;
    for (const Mutant& mutant : weakened ())
    {
        if (defaultOnly (*mutant.site))
        {
            INFO (mutant.name << ": take it off the list");
            CHECK (shows (mutant, all) == "");
            ++count;
        }
    }
    CHECK (count == 6);
}

TEST_CASE ("recovery is misled without the orders of the claim", "[orders]")
{
    explored ();
    for (const Mutant& mutant : weakened ())
    {
        const std::string& text = mutant.site->text;
        const bool claim =
            text.find ("head->compare_exchange") != std::string::npos && mutant.failure == Order::Acquire;
        const bool evidence = mutant.site->label == "evidence";
        if (claim || evidence)
        {
            const std::string fault = showsIn (mutant, "mpsc: whose are the tickets");
            INFO (mutant.name << ": " << fault);
            CHECK_FALSE (fault.empty ());
        }
    }
}

TEST_CASE ("evidence behind the claim is noticed", "[mistakes]")
{
    CHECK (showsIn (late ("laneOf (ring, lane).claim.store", "claim"), "mpsc: whose are the tickets")
           == "recovery takes a ticket for another's than its owner's");
}

TEST_CASE ("a word before its element is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("__builtin_memcpy (slot, from", "publish"), "mpsc: two pushers").empty ());
    CHECK_FALSE (showsIn (late ("(place)->store (word", "publish"), "mpmc: poppers overtake one another").empty ());
    CHECK_FALSE (showsIn (late ("__builtin_memcpy (slot, from", "head"), "spsc: full and empty").empty ());
}

TEST_CASE ("an element that is told behind head is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("cell[i / 8].store", "head"), "spsc: elements told beside head").empty ());
}

TEST_CASE ("tail before the copy is noticed", "[mistakes]")
{
    Setup setup;
    setup.name = "a popper who is early";
    setup.policy = Policy::Mpsc;
    setup.capacity = 1;
    setup.threads = {{push, push}, {popEarly, popEarly}};
    CHECK_FALSE (explore (setup).fault.empty ());
    setup.threads = {{push, push}, {pop, pop}};
    CHECK (explore (setup).fault.empty ());
}

TEST_CASE ("a barrier that is left out is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (withoutBarriers (), "spsc: both wait").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "mpmc: poppers wait").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "spsc: shut down").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "a lane is taken away, and looked at").empty ());
}

TEST_CASE ("a recovery that takes the living for dead is noticed", "[mistakes]")
{
    CHECK (showsIn (withoutProof (), "mpsc: one dies, and is recovered at any moment")
           == "the place of a living pusher is made a hole");
}

TEST_CASE ("a proof of death that is older than the evidence is noticed", "[mistakes]")
{
    CHECK (showsIn (withEarlyProof (), "mpsc: the lane of the dead is taken")
           == "the place of a living pusher is made a hole");
}

TEST_CASE ("evidence that is not looked at again behind the proof of death is noticed", "[mistakes]")
{
    CHECK (showsIn (readOnce ("lane (claim.lane)->claim.load"), "mpsc: one goes on, dies, and is buried")
           == "an element that was pushed cannot be popped");
}

TEST_CASE ("an index that was read before its side was taken is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (readOnce ("head = control.head.value.load"), "sides: the pusher leaves, or dies").empty ());
    CHECK_FALSE (showsIn (readOnce ("tail = control.tail.value.load"), "sides: the popper leaves, or dies").empty ());
}

TEST_CASE ("one look at who is left is noticed", "[mistakes]")
{
    Setup setup;
    for (const Setup& each : placeSetups ())
    {
        setup = each.name == std::string ("who is left: one comes before another leaves") ? each : setup;
    }
    setup.threads.back () = {inquireOnce};
    CHECK (explore (setup).fault == "it is told that nobody is left, and somebody always was");
    setup.threads.back () = {inquire};
    CHECK (explore (setup).fault == "");
}

TEST_CASE ("a claim without evidence is noticed when its owner dies", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("laneOf (ring, lane).claim.store", "publish"), "mpsc: one dies").empty ());
    CHECK_FALSE (showsIn (skipped ("laneOf (ring, lane).claim.store"), "mpsc: one dies").empty ());
}

TEST_CASE ("an event that is not counted is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (skipped ("event.fetch_add (1)"), "spsc: both wait").empty ());
}

TEST_CASE ("a pusher who does not object to the end is noticed", "[mistakes]")
{
    CHECK_FALSE (showsIn (skipped ("state, state & ~detail::askedBit"), "spsc: shut down").empty ());
}
