// SPDX-License-Identifier: MIT
/// Records what calls on one queue returned and when, and decides whether a bounded FIFO could have produced these
/// results (linearizability).
///
/// The sequential specification; each step lies between the beginning and the end of its call:
///   - a push of k claims k cells at the back in one step: there must be room for them, whether or not the elements
///     before them are published. Then each of the k is published in a step of its own, in order (Spsc: all of them
///     with the claim);
///   - a push that reports "full" is one step in which all cells are claimed;
///   - a pop of k is one step that takes the k elements at the front, all published;
///   - a pop that reports "empty" is one step in which nothing is claimed, or the element at the front is not
///     published: a push that has begun and not ended lies before all else. With no push in flight, empty means empty.
/// A batch may always be shorter than requested, but not empty.
#ifndef JOIN_TESTS_QUEUE_HISTORY_HPP
#define JOIN_TESTS_QUEUE_HISTORY_HPP

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

struct Call
{
    bool push;
    std::vector<uint32_t> values;  ///< elements pushed or popped; none: the call reported full or empty
    uint64_t begin;
    uint64_t end;
};

/// The calls of each thread, in order.
using History = std::vector<std::vector<Call>>;

class Checker
{
public:
    Checker (const History& history, uint64_t capacity, bool publishedAtOnce)
    : _history (history)
    , _capacity (capacity)
    , _atOnce (publishedAtOnce)
    , _next (history.size ())
    , _stage (history.size ())
    {
    }

    /// Whether some order of steps explains all results.
    bool explained ()
    {
        if (finished ())
        {
            return true;
        }
        if (!_seen.insert (key ()).second)
        {
            return false;
        }
        for (std::size_t t = 0; t < _history.size (); ++t)
        {
            if (mayStep (t) && step (t))
            {
                return true;
            }
        }
        return false;
    }

private:
    struct Place
    {
        uint32_t value;
        bool published;
    };

    bool finished () const
    {
        for (std::size_t t = 0; t < _history.size (); ++t)
        {
            if (_next[t] < _history[t].size ())
            {
                return false;
            }
        }
        return true;
    }

    // A call may take a step only if no unfinished call ended before it began.
    bool mayStep (std::size_t thread) const
    {
        if (_next[thread] == _history[thread].size ())
        {
            return false;
        }
        const uint64_t begin = _history[thread][_next[thread]].begin;
        for (std::size_t t = 0; t < _history.size (); ++t)
        {
            if (_next[t] < _history[t].size () && _history[t][_next[t]].end < begin)
            {
                return false;
            }
        }
        return true;
    }

    // Takes the step, explores all continuations, and undoes the step unless one of them explains everything.
    bool step (std::size_t t)
    {
        const Call& call = _history[t][_next[t]];
        const std::vector<Place> before = _places;
        const uint32_t stage = _stage[t];
        bool done = true;
        if (!(call.push ? pushStep (call, stage, &done) : popStep (call)))
        {
            return false;
        }
        _stage[t] = done ? 0 : stage + 1;
        _next[t] += done ? 1 : 0;
        if (explained ())
        {
            return true;
        }
        _next[t] -= done ? 1 : 0;
        _stage[t] = stage;
        _places = before;
        return false;
    }

    bool pushStep (const Call& call, uint32_t stage, bool* done)
    {
        if (call.values.empty ())
        {
            return _places.size () == _capacity;
        }
        *done = _atOnce || stage == call.values.size ();
        if (stage == 0)
        {
            if (_places.size () + call.values.size () > _capacity)
            {
                return false;
            }
            for (const uint32_t value : call.values)
            {
                _places.push_back (Place {value, _atOnce});
            }
            return true;
        }
        for (Place& place : _places)
        {
            place.published = place.published || place.value == call.values[stage - 1];
        }
        return true;
    }

    bool popStep (const Call& call)
    {
        if (call.values.empty ())
        {
            return _places.empty () || !_places.front ().published;
        }
        if (call.values.size () > _places.size ())
        {
            return false;
        }
        for (std::size_t i = 0; i < call.values.size (); ++i)
        {
            if (_places[i].value != call.values[i] || !_places[i].published)
            {
                return false;
            }
        }
        _places.erase (_places.begin (), _places.begin () + static_cast<std::ptrdiff_t> (call.values.size ()));
        return true;
    }

    std::string key () const
    {
        std::string text;
        for (std::size_t t = 0; t < _history.size (); ++t)
        {
            text += static_cast<char> (_next[t]);
            text += static_cast<char> (_stage[t]);
        }
        for (const Place& place : _places)
        {
            text.append (reinterpret_cast<const char*> (&place.value), sizeof (place.value));
            text += place.published ? 'p' : 'c';
        }
        return text;
    }

    const History& _history;
    const uint64_t _capacity;
    const bool _atOnce;
    std::vector<std::size_t> _next;
    std::vector<uint32_t> _stage;
    std::vector<Place> _places;
    std::unordered_set<std::string> _seen;
};

inline bool explained (const History& history, uint64_t capacity, bool publishedAtOnce)
{
    return Checker (history, capacity, publishedAtOnce).explained ();
}

inline std::string describe (const History& history)
{
    std::string text;
    for (std::size_t t = 0; t < history.size (); ++t)
    {
        for (const Call& call : history[t])
        {
            text += "\nthread " + std::to_string (t) + " [" + std::to_string (call.begin) + ", "
                    + std::to_string (call.end) + "] " + (call.push ? "push" : "pop");
            for (const uint32_t value : call.values)
            {
                text += " " + std::to_string (value);
            }
            text += call.values.empty () ? (call.push ? " full" : " empty") : "";
        }
    }
    return text;
}

#endif
