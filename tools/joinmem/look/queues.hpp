// SPDX-License-Identifier: MIT
// All queues with their rates, as `top` shows them: sorted and filtered.
#ifndef JOINMEM_TOOL_QUEUES_HPP
#define JOINMEM_TOOL_QUEUES_HPP

#include "seen.hpp"
#include "watch.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace tool
{
enum class Order
{
    Busy,
    Fill,
    Name,
};

/// A queue, its rates since the previous update, and the sums of its rates at the last updates.
struct QueueRow
{
    Seen seen;
    Rates rates;
    std::vector<double> history;
};

/// The numbers of segments that are not queues, or cannot be read.
struct OtherSegments
{
    unsigned unreadable = 0;
    unsigned damaged = 0;
    unsigned memories = 0;
    unsigned foreign = 0;
};

class Queues
{
public:
    explicit Queues (const std::vector<std::string>& patterns);

    /// Reads all queues again. A queue that was removed and created again starts a new row.
    void look ();

    /// The queues whose name contains that text, sorted.
    std::vector<const QueueRow*> rows (Order order, const std::string& filter) const;

    std::size_t count () const noexcept
    {
        return _rows.size ();
    }

    const OtherSegments& others () const noexcept
    {
        return _others;
    }

    /// The other segments: "5 segments cannot be read by user guest, 3 memories"; "" if there are none.
    std::string othersText () const;

private:
    using Key = std::tuple<uint64_t, uint64_t, uint64_t, std::string>;

    bool isQueue (const join::SegmentInfo& info) noexcept;
    QueueRow rowOf (const Key& key, Seen& seen, int64_t now);

    std::vector<std::string> _patterns;
    std::map<Key, QueueRow> _rows;
    OtherSegments _others;
    int64_t _at = 0;
};

}  // namespace tool

#endif
