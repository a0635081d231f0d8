// SPDX-License-Identifier: MIT
// The library's wait sets, as a C++ program uses them: wait () of a set, a set's descriptor in epoll, one queue's
// awaitElement (), and a loop that polls all queues by hand.
#include "contender.hpp"
#include "epoll.hpp"

#include <join/queue.hpp>
#include <join/wait_set.hpp>

#include <stdexcept>

namespace bench
{
namespace waitset
{
namespace
{
using namespace std::chrono_literals;

using Local = join::LocalMem::Spsc::Queue<Element>;
using Shared = join::ShmMem::Spsc::Queue<Element>;

void check (bool good)
{
    if (!good)
    {
        throw std::runtime_error (join::lastError.message ());
    }
}

template <typename Queue>
using Queues = std::vector<Queue>;

// Every process opens the shared queues by their names.
Queues<Shared> openAll (const Setup& setup)
{
    Queues<Shared> queues;
    queues.reserve (setup.row.queues);
    for (uint32_t i = 0; i < setup.row.queues; ++i)
    {
        queues.emplace_back (capacity, setup.name + "-" + std::to_string (i));
    }
    return queues;
}

Queues<Local> makeAll (const Setup& setup)
{
    Queues<Local> queues;
    queues.reserve (setup.row.queues);
    for (uint32_t i = 0; i < setup.row.queues; ++i)
    {
        queues.emplace_back (capacity);
    }
    return queues;
}

template <typename Queue>
class OurSender : public Sender
{
public:
    explicit OurSender (Queues<Queue>& queues)
    : _queues (queues)
    {
    }

    bool tryPush (unsigned queue, const Element& element) final
    {
        return _queues[queue].tryPush (element) == 0;
    }

private:
    Queues<Queue>& _queues;
};

template <typename Queue>
void takeFrom (Queues<Queue>& queues, unsigned queue, Sink& sink)
{
    Element elements[visit];
    const int64_t n = queues[queue].tryPop (elements, visit);
    if (n > 0)
    {
        sink.add (queue, elements, static_cast<std::size_t> (n));
    }
}

template <typename Queue>
class SetWaiter : public Waiter
{
public:
    explicit SetWaiter (Queues<Queue>& queues)
    : _queues (queues)
    {
    }

    void makeSet () override
    {
        _set = std::make_unique<join::WaitSet> ();
        for (unsigned i = 0; i < _queues.size (); ++i)
        {
            check (_set->add (_queues[i], join::Ready::Element, i) == 0);
        }
    }

    void wait () override
    {
        _count = _set->wait (_events, maxEvents);
        check (_count >= 0);
    }

    void take (Sink& sink) override
    {
        takeEvents (sink);
    }

protected:
    void takeEvents (Sink& sink)
    {
        for (int64_t i = 0; i < _count; ++i)
        {
            takeFrom (_queues, static_cast<unsigned> (_events[i].key), sink);
        }
    }

    Queues<Queue>& _queues;
    std::unique_ptr<join::WaitSet> _set;
    join::WaitEvent _events[maxEvents];
    int64_t _count = 0;
};

template <typename Queue>
class DescriptorWaiter : public SetWaiter<Queue>
{
public:
    using SetWaiter<Queue>::SetWaiter;

    void makeSet () override
    {
        SetWaiter<Queue>::makeSet ();
        const int fd = this->_set->fd ();
        check (fd >= 0);
        _epoll = std::make_unique<Epoll> ();
        _epoll->add (fd, 0);
    }

    void wait () override
    {
        _epoll->wait ();
    }

    void take (Sink& sink) override
    {
        this->_count = this->_set->wait (this->_events, maxEvents, 0s);
        this->takeEvents (sink);
    }

private:
    std::unique_ptr<Epoll> _epoll;
};

template <typename Queue>
class OneWaiter : public Waiter
{
public:
    explicit OneWaiter (Queues<Queue>& queues)
    : _queues (queues)
    {
    }

    void wait () override
    {
        check (_queues[0].awaitElement () == 0);
    }

    void take (Sink& sink) override
    {
        takeFrom (_queues, 0, sink);
    }

private:
    Queues<Queue>& _queues;
};

template <typename Queue>
class PollingWaiter : public Waiter
{
public:
    explicit PollingWaiter (Queues<Queue>& queues)
    : _queues (queues)
    {
    }

    void wait () override
    {
    }

    void take (Sink& sink) override
    {
        for (unsigned i = 0; i < _queues.size (); ++i)
        {
            takeFrom (_queues, i, sink);
        }
    }

private:
    Queues<Queue>& _queues;
};

template <typename Queue, template <typename> class W>
class Threads : public Peer
{
public:
    explicit Threads (const Setup& setup)
    : Peer (setup)
    , _queues (makeAll (setup))
    {
    }

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<OurSender<Queue>> (_queues);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<W<Queue>> (_queues);
    }

private:
    Queues<Queue> _queues;
};

template <typename Queue, template <typename> class W>
class Processes : public Peer
{
public:
    using Peer::Peer;

    std::unique_ptr<Sender> sender () override
    {
        _queues = openAll (_setup);
        return std::make_unique<OurSender<Queue>> (_queues);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        _queues = openAll (_setup);
        return std::make_unique<W<Queue>> (_queues);
    }

private:
    Queues<Queue> _queues;
};

template <template <typename> class W>
std::unique_ptr<Peer> makeOurs (const Setup& setup)
{
    return setup.row.shared ? makePeer<Processes<Shared, W>> (setup) : makePeer<Threads<Local, W>> (setup);
}

bool any (const Row&)
{
    return true;
}

bool one (const Row& row)
{
    return row.queues == 1;
}

bool busy (const Row& row)
{
    return row.shape == Shape::Busy;
}
}  // namespace

void addOurs (Contenders& contenders)
{
    contenders.push_back ({"wait", any, makeOurs<SetWaiter>});
    contenders.push_back ({"descriptor", any, makeOurs<DescriptorWaiter>});
    contenders.push_back ({"awaitElement", one, makeOurs<OneWaiter>});
    contenders.push_back ({"poll", busy, makeOurs<PollingWaiter>});
}

}  // namespace waitset
}  // namespace bench
