// SPDX-License-Identifier: MIT
// A publisher and a subscriber of iceoryx for each queue, and its WaitSet, which takes 256 subscribers. Its daemon,
// RouDi, runs during the measurement.
#include "contender.hpp"
#include "epoll.hpp"
#include "harness/clock.hpp"
#include "harness/workers.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <iceoryx_posh/popo/publisher.hpp>
#include <iceoryx_posh/popo/subscriber.hpp>
#include <iceoryx_posh/popo/wait_set.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#include <sys/prctl.h>

namespace bench
{
namespace waitset
{
namespace
{
class Daemon
{
public:
    Daemon ()
    : _process (harness::forkChild ())
    {
        if (_process == 0)
        {
            ::prctl (PR_SET_PDEATHSIG, SIGTERM);  // it removes its segments then
            const int none = ::open ("/dev/null", O_RDWR);
            for (int fd : {0, 1, 2})
            {
                ::dup2 (none, fd);
            }
            ::execlp (BENCH_ROUDI, BENCH_ROUDI, "--monitoring-mode", "off", "--log-level", "off", nullptr);
            ::_exit (127);
        }
    }

    Daemon (const Daemon&) = delete;
    Daemon& operator= (const Daemon&) = delete;

    ~Daemon ()
    {
        ::kill (_process, SIGTERM);
        harness::awaitChild (_process);
    }

private:
    const pid_t _process;
};

iox::capro::ServiceDescription serviceOf (unsigned queue)
{
    const std::string number = std::to_string (queue);
    return {"joinmem-bench", "queue", iox::capro::IdString_t (iox::cxx::TruncateToCapacity, number.c_str ())};
}

/// The runtime of this process. Its static object unregisters from RouDi at the exit of the process; without that,
/// RouDi aborts at its own end and leaves its segments. So the end of a side is the exit of its process.
class Runtime
{
public:
    explicit Runtime (const char* side);
    Runtime (const Runtime&) = delete;
    Runtime& operator= (const Runtime&) = delete;

    ~Runtime ()
    {
        std::exit (0);
    }
};

Runtime::Runtime (const char* side)
{
    iox::log::LogManager::GetLogManager ().SetDefaultLogLevel (iox::log::LogLevel::kOff,
                                                               iox::log::LogLevelOutput::kHideLogLevel);
    const std::string name = std::string ("joinmem-bench-") + side;
    iox::runtime::PoshRuntime::initRuntime (iox::RuntimeName_t (iox::cxx::TruncateToCapacity, name.c_str ()));
}

class Publishers : public Sender
{
public:
    explicit Publishers (const Setup& setup)
    : _runtime ("producer")
    {
        iox::popo::PublisherOptions options;
        options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        for (uint32_t i = 0; i < setup.row.queues; ++i)
        {
            _all.push_back (std::make_unique<iox::popo::Publisher<Element>> (serviceOf (i), options));
        }
        for (const auto& publisher : _all)
        {
            while (!publisher->hasSubscribers ())
            {
                harness::sleepFor (1e-3);
            }
        }
    }

    // It waits while the queue is full.
    bool tryPush (unsigned queue, const Element& element) override
    {
        if (_all[queue]->publishCopyOf (element).has_error ())
        {
            throw std::runtime_error ("iceoryx publishes no element");
        }
        return true;
    }

private:
    const Runtime _runtime;
    std::vector<std::unique_ptr<iox::popo::Publisher<Element>>> _all;
};

class Subscribers : public Waiter
{
public:
    explicit Subscribers (const Setup& setup)
    : _runtime ("waiter")
    {
        iox::popo::SubscriberOptions options;
        options.queueCapacity = capacity;
        options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
        for (uint32_t i = 0; i < setup.row.queues; ++i)
        {
            _all.push_back (std::make_unique<iox::popo::Subscriber<Element>> (serviceOf (i), options));
        }
    }

    void makeSet () override
    {
        _set = std::make_unique<iox::popo::WaitSet<>> ();
        for (unsigned i = 0; i < _all.size (); ++i)
        {
            if (_set->attachState (*_all[i], iox::popo::SubscriberState::HAS_DATA, i).has_error ())
            {
                throw std::runtime_error ("iceoryx attaches no further subscriber");
            }
        }
    }

    void wait () override
    {
        _events = _set->wait ();
    }

    void take (Sink& sink) override
    {
        for (const iox::popo::NotificationInfo* event : _events)
        {
            const unsigned queue = static_cast<unsigned> (event->getNotificationId ());
            for (uint64_t n = 0; n < visit; ++n)
            {
                auto element = _all[queue]->take ();
                if (element.has_error ())
                {
                    break;
                }
                sink.add (queue, **element);
            }
        }
    }

private:
    const Runtime _runtime;
    std::vector<std::unique_ptr<iox::popo::Subscriber<Element>>> _all;
    std::unique_ptr<iox::popo::WaitSet<>> _set;
    iox::popo::WaitSet<>::NotificationInfoVector _events;
};

class Iceoryx : public Peer
{
public:
    using Peer::Peer;

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<Publishers> (_setup);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<Subscribers> (_setup);
    }

private:
    Daemon _daemon;
};

bool few (const Row& row)
{
    return row.shared && row.queues <= iox::MAX_NUMBER_OF_ATTACHMENTS_PER_WAITSET;
}
}  // namespace

void addIceoryx (Contenders& contenders)
{
    contenders.push_back ({"iceoryx WaitSet", few, makePeer<Iceoryx>});
}

}  // namespace waitset
}  // namespace bench
