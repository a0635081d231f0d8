// SPDX-License-Identifier: MIT
// Queues with a fault, to show that the checks find it: in no table of record. Once in 200 elements each loses,
// doubles, swaps or alters one, or reports another queue. The last one never sleeps.
#include "contender.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace bench
{
namespace waitset
{
namespace
{
enum class Fails
{
    Loses,
    Doubles,
    Swaps,
    Alters,
    Misnames,
    Spins,
};

constexpr uint64_t soundElements = 200;  // before one that fails

template <Fails fails>
class Faulty : public Peer
{
public:
    using Peer::Peer;

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<Pushes> (*this);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<Waits> (*this);
    }

private:
    struct Item
    {
        unsigned queue;
        Element element;
    };

    class Pushes : public Sender
    {
    public:
        explicit Pushes (Faulty& peer)
        : _peer (peer)
        {
        }

        bool tryPush (unsigned queue, const Element& element) override
        {
            return _peer.push ({queue, element});
        }

    private:
        Faulty& _peer;
    };

    class Waits : public Waiter
    {
    public:
        explicit Waits (Faulty& peer)
        : _peer (peer)
        {
        }

        void wait () override
        {
            std::unique_lock<std::mutex> lock (_peer._mutex);
            if (fails == Fails::Spins)
            {
                return;
            }
            _peer._changed.wait (lock, [this] { return !_peer._items.empty (); });
        }

        void take (Sink& sink) override
        {
            const std::lock_guard<std::mutex> lock (_peer._mutex);
            for (; !_peer._items.empty (); _peer._items.pop_front ())
            {
                sink.add (_peer._items.front ().queue, _peer._items.front ().element);
            }
        }

    private:
        Faulty& _peer;
    };

    bool push (const Item& item)
    {
        const std::lock_guard<std::mutex> lock (_mutex);
        if (_items.size () >= capacity)
        {
            return false;
        }
        _items.push_back (item);
        if (item.element.value != sentinel && ++_sound >= soundElements && _items.size () > 1)
        {
            _sound = 0;
            fail ();
        }
        _changed.notify_one ();
        return true;
    }

    void fail ()
    {
        Item& newest = _items.back ();
        switch (fails)
        {
            case Fails::Loses:
                _items.pop_back ();
                break;
            case Fails::Doubles:
                _items.push_back (Item (newest));
                break;
            case Fails::Swaps:
                std::swap (_items.front (), newest);
                break;
            case Fails::Alters:
                newest.element.value += uint64_t (1) << Element::queueBits;
                break;
            case Fails::Misnames:
                newest.queue ^= 1;
                break;
            case Fails::Spins:
                break;
        }
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::deque<Item> _items;
    uint64_t _sound = 0;
};

// With several elements at a time.
bool busyThreads (const Row& row)
{
    return !row.shared && row.shape == Shape::Busy;
}

bool idleThreads (const Row& row)
{
    return !row.shared && row.shape == Shape::Idle;
}
}  // namespace

void addFaulty (Contenders& contenders)
{
    contenders.push_back ({"faulty: loses", busyThreads, makePeer<Faulty<Fails::Loses>>});
    contenders.push_back ({"faulty: doubles", busyThreads, makePeer<Faulty<Fails::Doubles>>});
    contenders.push_back ({"faulty: swaps", busyThreads, makePeer<Faulty<Fails::Swaps>>});
    contenders.push_back ({"faulty: alters", busyThreads, makePeer<Faulty<Fails::Alters>>});
    contenders.push_back ({"faulty: misnames", busyThreads, makePeer<Faulty<Fails::Misnames>>});
    contenders.push_back ({"faulty: spins", idleThreads, makePeer<Faulty<Fails::Spins>>});
}

}  // namespace waitset
}  // namespace bench
