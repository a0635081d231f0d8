// SPDX-License-Identifier: MIT
#include "queues.hpp"

#include "../show/terminal.hpp"

#include <algorithm>
#include <unistd.h>

namespace tool
{
namespace queues
{
constexpr std::size_t historyKept = 16;

double keyOf (const QueueRow& row, Order order)
{
    return order == Order::Busy ? row.rates.in + row.rates.out : order == Order::Fill ? fillOf (row.seen.info) : 0;
}

void addCount (std::string* text, unsigned count, const char* one, const char* more)
{
    if (count != 0)
    {
        *text += (text->empty () ? "" : ", ") + std::to_string (count) + ' ' + (count == 1 ? one : more);
    }
}
}  // namespace queues

Queues::Queues (const std::vector<std::string>& patterns)
: _patterns (patterns)
{
}

bool Queues::isQueue (const join::SegmentInfo& info) noexcept
{
    switch (info.kind)
    {
        case join::SegmentKind::Unreadable:
            ++_others.unreadable;
            break;
        case join::SegmentKind::Damaged:
            ++_others.damaged;
            break;
        case join::SegmentKind::Memory:
            ++_others.memories;
            break;
        case join::SegmentKind::Other:
            ++_others.foreign;
            break;
        default:
            return true;
    }
    return false;
}

QueueRow Queues::rowOf (const Key& key, Seen& seen, int64_t now)
{
    QueueRow row;
    const auto before = _rows.find (key);
    if (before != _rows.end ())
    {
        row.history = std::move (before->second.history);
        row.rates = ratesOf (before->second.seen.info, seen.info, now - _at);
        row.history.push_back (row.rates.in + row.rates.out);
        const std::size_t kept = std::min (row.history.size (), queues::historyKept);
        row.history.erase (row.history.begin (), row.history.end () - static_cast<std::ptrdiff_t> (kept));
    }
    row.seen = std::move (seen);
    return row;
}

void Queues::look ()
{
    const int64_t now = monotonicNow ();
    std::map<Key, QueueRow> next;
    Patterns patterns (_patterns);
    _others = OtherSegments ();
    for (Seen& seen : seeAll (&patterns))
    {
        if (isQueue (seen.info))
        {
            const Key key (seen.info.device, seen.info.inode, seen.info.createdAt, seen.name);
            next.emplace (key, rowOf (key, seen, now));
        }
    }
    _rows = std::move (next);
    _at = now;
}

std::vector<const QueueRow*> Queues::rows (Order order, const std::string& filter) const
{
    std::vector<const QueueRow*> rows;
    for (const auto& row : _rows)
    {
        if (nameText (row.second.seen.name).find (filter) != std::string::npos)
        {
            rows.push_back (&row.second);
        }
    }
    std::sort (rows.begin (), rows.end (), [=] (const QueueRow* a, const QueueRow* b) {
        const double first = queues::keyOf (*a, order);
        const double second = queues::keyOf (*b, order);
        return first != second ? first > second : naturalLess (a->seen.name, b->seen.name);
    });
    return rows;
}

std::string Queues::othersText () const
{
    std::string text;
    const std::string user = "by user " + userText (::geteuid ());
    queues::addCount (&text, _others.unreadable, ("segment cannot be read " + user).c_str (),
                      ("segments cannot be read " + user).c_str ());
    queues::addCount (&text, _others.damaged, "damaged queue", "damaged queues");
    queues::addCount (&text, _others.memories, "memory", "memories");
    queues::addCount (&text, _others.foreign, "file of another program", "files of other programs");
    return text;
}

}  // namespace tool
