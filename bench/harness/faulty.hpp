// SPDX-License-Identifier: MIT
/// The elements of a queue with a fault, to show that the checks find it: in no table of record. The queue around them
/// is that of the benchmark: its calls try in bench-queue and block in bench-blocking.
#ifndef BENCH_HARNESS_FAULTY_HPP
#define BENCH_HARNESS_FAULTY_HPP

#include "fault.hpp"

#include <cstddef>
#include <deque>
#include <utility>

namespace harness
{
/// Has that fault once in a thousand elements, and only among several: a lone element that is lost ends a round trip.
template <typename T, Fault fault>
class FaultyElements
{
public:
    /// @param mayFail false: an element that must arrive
    void push (const T& element, bool mayFail)
    {
        _elements.push_back (element);
        if (mayFail && ++_sound >= 1000 && _elements.size () > 1)
        {
            _sound = 0;
            fail ();
        }
    }

    T pop ()
    {
        const T element = _elements.front ();
        _elements.pop_front ();
        return element;
    }

    std::size_t size () const
    {
        return _elements.size ();
    }

private:
    void fail ()
    {
        T& newest = _elements.back ();
        switch (fault)
        {
            case Fault::None:
                break;
            case Fault::Lost:
                _elements.pop_back ();
                break;
            case Fault::Doubled:
                _elements.push_back (T (newest));
                break;
            case Fault::Disorder:
                std::swap (_elements.front (), newest);
                break;
            case Fault::Corrupted:
                newest.words[sizeof (T) / sizeof (newest.words[0]) - 1] ^= 1;
                break;
        }
    }

    std::deque<T> _elements;
    unsigned _sound = 0;  // elements since the last failure
};

}  // namespace harness

#endif
