// SPDX-License-Identifier: MIT
// Two processes repeatedly create one segment at the same moment.
#include <catch2/catch.hpp>

#include "baseline.hpp"
#include "world.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <climits>
#include <cstdlib>

using namespace crash;
using join::ShmMem;

namespace
{
// A meeting of two processes: they spin briefly, then sleep.
class Meeting
{
public:
    void arrive ()
    {
        const uint32_t round = _round.load ();
        if (_here.fetch_add (1) == 1)
        {
            _here.store (0);
            _round.store (round + 1);
            ::syscall (SYS_futex, &_round, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
            return;
        }
        for (int i = 0; i < 2000 && _round.load () == round; ++i)
        {
        }
        while (_round.load () == round)
        {
            ::syscall (SYS_futex, &_round, FUTEX_WAIT, round, nullptr, nullptr, 0);
        }
    }

private:
    std::atomic<uint32_t> _here {0};
    std::atomic<uint32_t> _round {0};
};

struct Ring
{
    Meeting meeting;
    std::atomic<bool> over;
    std::atomic<unsigned> rounds;
    bool created[2];
    unsigned wins[2];
    Verdict verdict[2];
};

// One of the two processes; `me` is 0 or 1. Both reach each meeting, whatever happens between meetings.
template <typename Shm>
void compete (Ring& ring, unsigned me, const std::string& name, unsigned rounds)
{
    Verdict& verdict = ring.verdict[me];
    for (unsigned i = 1; i <= rounds && !ring.over.load (); ++i)
    {
        ring.meeting.arrive ();
        try
        {
            Shm segment (4096, name.c_str ());
            auto* words = static_cast<std::atomic<unsigned>*> (segment.get ());
            const unsigned before = words[me].exchange (i);
            ring.created[me] = segment.created ();
            ring.wins[me] += segment.created () ? 1 : 0;
            ring.meeting.arrive ();
            if (before != 0 || words[1 - me].load () != i)
            {
                verdict.say (before != 0 ? "the segment is an old one" : "they have two segments");
            }
            if (ring.created[0] == ring.created[1])
            {
                verdict.say ("both or none created it");
            }
        }
        catch (const std::exception& error)
        {
            verdict.say (error.what ());
            ring.created[me] = false;
            ring.meeting.arrive ();
        }
        ring.meeting.arrive ();
        if (me == i % 2)
        {
            Shm::unlink (name.c_str ());
            ring.rounds.store (i);
            ring.over.store (ring.verdict[0].text[0] != '\0' || ring.verdict[1].text[0] != '\0');
        }
        ring.meeting.arrive ();
    }
    verdict.done = true;
}

template <typename Shm>
std::string race (unsigned rounds)
{
    auto* ring = new (sharedPages (sizeof (Ring))) Ring ();
    const std::string name = freshName ();
    const pid_t other = start ([&] {
        compete<Shm> (*ring, 1, name, rounds);
        return 0;
    });
    const int mine = inChild ([&] {
        compete<Shm> (*ring, 0, name, rounds);
        return 0;
    });
    const int theirs = await (other);
    const std::string left = listOf (names ());
    removeNames ();
    const std::string complaint = ring->verdict[0].complaint (mine) + ring->verdict[1].complaint (theirs);
    const std::string round = "round " + std::to_string (ring->rounds.load ()) + ": ";
    std::printf ("%u rounds, created by the first %u times, by the other %u times\n", ring->rounds.load (),
                 ring->wins[0], ring->wins[1]);
    return !complaint.empty () ? round + complaint : left == "nothing" ? "" : left + " is left";
}

unsigned rounds ()
{
    const char* text = std::getenv ("JOINMEM_TEST_ROUNDS");
    return text != nullptr ? static_cast<unsigned> (std::strtoul (text, nullptr, 10)) : 20000;
}
}  // namespace

TEST_CASE ("two processes racing for a name share one segment", "[race]")
{
    CHECK (race<ShmMem> (rounds ()) == "");
}

TEST_CASE ("processes racing by shm_open and ftruncate fail", "[race][planted]")
{
    const std::string complaint = race<BaselineShm> (rounds ());
    std::printf ("%s\n", complaint.c_str ());
    CHECK (complaint != "");
}
