// SPDX-License-Identifier: MIT
// Tests of the model itself: it must find a fault in a queue with a planted mistake.
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
    for (const auto& more : {mortalSetups (), placeSetups (), waitingSetups ()})
    {
        all.insert (all.end (), more.begin (), more.end ());
    }
    return all;
}

// The small set-ups, the smallest first. They are explored once, which takes a second or more.
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

// The set-up in which the mistake shows, and the fault; empty: none.
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

// Sites of slow paths that are seq_cst only by default: docs/design/model.md explains why relaxed would do.
bool defaultOnly (const Site& site)
{
    for (const char* text : {"asleep ().fetch_add (1)", "asleep ().compare_exchange_weak", "asleep ().store (0)",
                             "epoch (Role::Taker).fetch_add (1)", "epoch (role).fetch_add (1)",
                             "_gate.state.fetch_and (~flags (role))", "state, state & ~detail::askedBit",
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

Mutant sparing ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Sparing;
    return mutant;
}

Mutant endless ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Endless;
    return mutant;
}

Mutant withoutBarriers ()
{
    Mutant mutant;
    mutant.mistake = Mistake::Blind;
    return mutant;
}
}  // namespace

TEST_CASE ("each weakened order is detected", "[orders]")
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
        std::printf ("%-55s %s\n", mutant.name.c_str (), how.empty () ? "NOT DETECTED" : how.c_str ());
        INFO (mutant.name << " is not detected");
        CHECK_FALSE (how.empty ());
        ++noticed;
    }
    CHECK (noticed >= 24);  // the number of sites; fewer means that some are not visited
}

TEST_CASE ("each weak order that a call performs is labelled", "[orders]")
{
    explored ();
    for (const Site* site : sites ())
    {
        INFO (site->where () << ": " << site->text);
        const bool weak = site->order != Order::Plain && site->order != Order::SeqCst;
        CHECK ((!site->core || !weak || !site->label.empty ()));
    }
}

TEST_CASE ("default seq_cst is not needed", "[defaults]")
{
    const std::vector<Explored>& all = explored ();
    unsigned count = 0;
    for (const Mutant& mutant : weakened ())
    {
        if (defaultOnly (*mutant.site))
        {
            INFO (mutant.name << ": remove it from the list");
            CHECK (shows (mutant, all) == "");
            ++count;
        }
    }
    CHECK (count == 9);
}

TEST_CASE ("weak claim orders mislead recovery", "[orders]")
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
            const std::string fault = showsIn (mutant, "mpsc: ticket owners");
            INFO (mutant.name << ": " << fault);
            CHECK_FALSE (fault.empty ());
        }
    }
}

TEST_CASE ("intent record after the claim is detected", "[mistakes]")
{
    CHECK (showsIn (late ("slotOf (ring, slot).claim.store", "claim"), "mpsc: ticket owners")
           == "recovery assigns a ticket to the wrong owner");
}

TEST_CASE ("cell sequence before its element is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("__builtin_memcpy (cell, from", "publish"), "mpsc: two producers").empty ());
    CHECK_FALSE (showsIn (late ("(place)->store (word", "publish"), "mpmc: consumers overtake one another").empty ());
    CHECK_FALSE (showsIn (late ("__builtin_memcpy (cell, from", "head"), "spsc: full and empty").empty ());
}

TEST_CASE ("head line copy after head is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("cell[i / 8].store", "head"), "spsc: elements beside head").empty ());
}

TEST_CASE ("tail before the copy is detected", "[mistakes]")
{
    Setup setup;
    setup.name = "an early consumer";
    setup.policy = Policy::Mpsc;
    setup.capacity = 1;
    setup.threads = {{push, push}, {popEarly, popEarly}};
    CHECK_FALSE (explore (setup).fault.empty ());
    setup.threads = {{push, push}, {pop, pop}};
    CHECK (explore (setup).fault.empty ());
}

TEST_CASE ("omitted barrier is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (withoutBarriers (), "spsc: both wait").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "mpmc: consumers wait").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "spsc: shut down").empty ());
    CHECK_FALSE (showsIn (withoutBarriers (), "slot becomes shared, observed").empty ());
}

TEST_CASE ("recovery that takes live producers for dead is detected", "[mistakes]")
{
    CHECK (showsIn (withoutProof (), "mpsc: one dies, and is recovered at any moment")
           == "a live producer's cell is skipped");
}

TEST_CASE ("death proof older than the intent record is detected", "[mistakes]")
{
    CHECK (showsIn (withEarlyProof (), "mpsc: slot of a dead producer is reused")
           == "a live producer's cell is skipped");
}

TEST_CASE ("intent record not read again is detected", "[mistakes]")
{
    CHECK (showsIn (readOnce ("slot (claim.slot)->claim.load"), "mpsc: one continues, dies, and its slot is freed")
           == "an element that was pushed cannot be popped");
}

TEST_CASE ("index read before taking the role is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (readOnce ("head = control.head.value.load"), "roles: producer leaves or dies").empty ());
    CHECK_FALSE (showsIn (readOnce ("tail = control.tail.value.load"), "roles: consumer leaves or dies").empty ());
}

TEST_CASE ("single check for live producers is detected", "[mistakes]")
{
    Setup setup;
    for (const Setup& each : placeSetups ())
    {
        setup = each.name == std::string ("producers left: one enters before another leaves") ? each : setup;
    }
    setup.threads.back () = {inquireOnce};
    CHECK (explore (setup).fault == "no live producer is reported, but there always was one");
    setup.threads.back () = {inquire};
    CHECK (explore (setup).fault == "");
}

TEST_CASE ("claim without intent record is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (late ("slotOf (ring, slot).claim.store", "publish"), "mpsc: one dies").empty ());
    CHECK_FALSE (showsIn (skipped ("slotOf (ring, slot).claim.store"), "mpsc: one dies").empty ());
}

TEST_CASE ("wake-up without a new epoch is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (skipped ("epoch (role).fetch_add (1)"), "spsc: both wait").empty ());
}

TEST_CASE ("partial wake-up without a new epoch is detected", "[mistakes]")
{
    std::string fault;
    for (const Setup& setup : largeWaitingSetups ())
    {
        if (setup.name == std::string ("mpmc: two producers wake two consumers"))
        {
            fault = explore (setup, skipped ("epoch (Role::Taker).fetch_add (1)")).fault;
        }
    }
    CHECK_FALSE (fault.empty ());
}

TEST_CASE ("flag set by only one role is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (skipped ("state.fetch_or (flags)"), "mpmc: taker and observer").empty ());
    CHECK_FALSE (showsIn (skipped ("state.fetch_or (flags)"), "mpmc: one element wakes one of two").empty ());
}

TEST_CASE ("wake-up of too few sleepers is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (sparing (), "mpmc: one element wakes one of two").empty ());
    CHECK_FALSE (showsIn (sparing (), "mpmc: taker and observer").empty ());
}

TEST_CASE ("endless sleep without barrier is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (endless (), "spsc: both wait, costly barriers").empty ());
    CHECK_FALSE (showsIn (endless (), "spsc: late producer checks for itself").empty ());
}

TEST_CASE ("producer that ignores shutdown is detected", "[mistakes]")
{
    CHECK_FALSE (showsIn (skipped ("state, state & ~detail::askedBit"), "spsc: shut down").empty ());
}
