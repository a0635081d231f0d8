// SPDX-License-Identifier: MIT
// Who takes part in a queue that is looked at: its lanes by read(2), their leases by the kernel.
#include "queue/look.hpp"
#include "queue/participants.hpp"

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::Kind;

namespace
{
/// A lane, as it stood.
struct LaneBytes
{
    uint64_t claim;
    uint32_t state;
    int32_t pid;
};

static_assert (offsetof (detail::Lane, claim) == offsetof (LaneBytes, claim), "");
static_assert (offsetof (detail::Lane, state) == offsetof (LaneBytes, state), "");
static_assert (offsetof (detail::Lane, pid) == offsetof (LaneBytes, pid), "");

bool isInside (const Look& look, const QueueFormat& format, const LaneBytes& lane) noexcept
{
    return format.kind != Kind::Spsc
           && isUnpublished (lane.claim, look.word (offsetof (Control, tail)), look.word (offsetof (Control, head)),
                             look.word (wordOffset (format, lane.claim)));
}

class LanesLooked
{
public:
    LanesLooked (const Look& look, const QueueFormat& format) noexcept
    : _look (look)
    , _format (format)
    {
    }

    // Whoever comes or goes between the looks is looked at again, some times.
    Failure at (uint32_t number, Participant* participant, bool* there) const noexcept
    {
        constexpr int looksMost = 16;
        LaneBytes lane = {};
        LaneBytes again = {};
        bool held = false;
        if (Failure failure = read (number, &again))
        {
            return failure;
        }
        for (int i = 0; i < looksMost && (i == 0 || again.state != lane.state); ++i)
        {
            lane = again;
            if ((lane.state & 1) == 0)
            {
                *there = false;
                return Failure ();
            }
            if (int error = os::laneHeld (_look.file.handle, number, &held))
            {
                return Failure (error, "the lease of a place cannot be looked at (fcntl F_OFD_GETLK)");
            }
            if (Failure failure = read (number, &again))
            {
                return failure;
            }
        }
        *there = true;
        participant->place = number;
        participant->pid = again.pid;
        participant->alive = held;
        participant->inside = isInside (_look, _format, again);
        return Failure ();
    }

private:
    Failure read (uint32_t number, LaneBytes* lane) const noexcept
    {
        return _look.read (sizeof (Control) + (number - 1) * sizeof (detail::Lane), lane, sizeof (*lane));
    }

    const Look& _look;
    const QueueFormat& _format;
};
}  // namespace

int64_t detail::inspectParticipants (std::string_view name, Participant* list, uint64_t n, uint32_t each) noexcept
{
    if (list == nullptr && n != 0)
    {
        return fail (EINVAL,
                     "the list of participants is null: give one, or a count of 0 to be told how many there are");
    }
    Look look;
    QueueFormat format = {};
    Failure failure = look.open (name);
    failure = failure ? failure : look.readFormat (&format);
    if (failure)
    {
        return fail (failure);
    }
    const LanesLooked lanes (look, format);
    uint64_t found = 0;
    for (uint32_t number = 1; number <= format.lanes; ++number)
    {
        Participant participant;
        bool there = false;
        failure = lanes.at (number, &participant, &there);
        if (failure)
        {
            return fail (failure);
        }
        if (there && found < n)
        {
            char* to = reinterpret_cast<char*> (list) + found * each;
            std::memcpy (to, &participant, each < sizeof (participant) ? each : sizeof (participant));
        }
        found += there ? 1 : 0;
    }
    return static_cast<int64_t> (found);
}

}  // namespace JOIN_ABI
}  // namespace join
