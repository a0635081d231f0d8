// SPDX-License-Identifier: MIT
/// The six kinds of queue, so that one test body serves all.
///
///     TEMPLATE_LIST_TEST_CASE ("a new queue is empty", "[queue]", AllKinds)
///     {
///         Made<TestType> made (4);
///         CHECK (made->empty ());
///     }
#ifndef JOIN_TESTS_QUEUE_KINDS_HPP
#define JOIN_TESTS_QUEUE_KINDS_HPP

#include <join/queue.hpp>

#include <catch2/catch.hpp>

#include "../crash/world.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

template <typename M, typename Policy, bool Producers, bool Consumers>
struct KindOf
{
    using Memory = M;
    static constexpr bool shared = std::is_same<M, join::ShmMem>::value;
    static constexpr bool manyProducers = Producers;
    static constexpr bool manyConsumers = Consumers;
    static constexpr bool spsc = !Producers;

    template <typename T>
    using Queue = typename Policy::template Queue<T>;
};

using LocalSpsc = KindOf<join::LocalMem, join::LocalMem::Spsc, false, false>;
using LocalMpsc = KindOf<join::LocalMem, join::LocalMem::Mpsc, true, false>;
using LocalMpmc = KindOf<join::LocalMem, join::LocalMem::Mpmc, true, true>;
using ShmSpsc = KindOf<join::ShmMem, join::ShmMem::Spsc, false, false>;
using ShmMpsc = KindOf<join::ShmMem, join::ShmMem::Mpsc, true, false>;
using ShmMpmc = KindOf<join::ShmMem, join::ShmMem::Mpmc, true, true>;

using AllKinds = std::tuple<LocalSpsc, LocalMpsc, LocalMpmc, ShmSpsc, ShmMpsc, ShmMpmc>;
using SharedKinds = std::tuple<ShmSpsc, ShmMpsc, ShmMpmc>;
using SharedClaimKinds = std::tuple<ShmMpsc, ShmMpmc>;
using SpscKinds = std::tuple<LocalSpsc, ShmSpsc>;

/// A name of this test's own, with its slash; unlinked at the end.
class OwnName
{
public:
    OwnName ()
    : text ("/" + crash::freshName ())
    {
    }

    OwnName (const OwnName&) = delete;
    OwnName& operator= (const OwnName&) = delete;

    ~OwnName ()
    {
        join::ShmMem::unlink (text);
    }

    std::string path () const
    {
        return crash::pathOf (text.substr (1));
    }

    const std::string text;
};

/// Lets objects of a Spsc push or pop in turn, as most tests need; roles_test.cpp and producers_test.cpp test the default.
inline join::QueueOptions inTurn ()
{
    join::QueueOptions options;
    options.exclusive = false;
    return options;
}

/// Opens another object on the queue of that name; the private kinds have no names.
template <typename Kind, typename T = uint64_t>
typename Kind::template Queue<T> openQueue (uint64_t capacity, const std::string& name,
                                            const join::MemOptions& memory = join::MemOptions (),
                                            const join::QueueOptions& options = inTurn ())
{
    if constexpr (Kind::shared)
    {
        return typename Kind::template Queue<T> (capacity, name, memory, options);
    }
    else
    {
        (void) name;
        return typename Kind::template Queue<T> (capacity, memory, options);
    }
}

/// A queue and its name.
template <typename Kind, typename T = uint64_t>
class Made
{
public:
    using Queue = typename Kind::template Queue<T>;

    explicit Made (uint64_t capacity, const join::MemOptions& memory = join::MemOptions (),
                   const join::QueueOptions& options = inTurn ())
    : queue (openQueue<Kind, T> (capacity, name.text, memory, options))
    {
    }

    Queue* operator->()
    {
        return &queue;
    }

    OwnName name;
    Queue queue;
};

/// The errno that the call leaves in lastError; 0 if it did not fail.
template <typename Call>
int errorOf (Call call)
{
    join::lastError.assign (0, "");
    return call () == -1 ? join::lastError.value () : 0;
}

/// The errno of the std::system_error that `call` throws; 0: none; -1: a std::overflow_error.
template <typename Call>
int thrownBy (Call call)
{
    try
    {
        call ();
    }
    catch (const std::system_error& error)
    {
        return error.code ().value ();
    }
    catch (const std::overflow_error&)
    {
        return -1;
    }
    return 0;
}

inline join::QueueOptions withSlots (uint32_t producers)
{
    join::QueueOptions options;
    options.maxProducers = producers;
    return options;
}

inline join::MemOptions mode (join::OpenMode mode)
{
    join::MemOptions options;
    options.openMode = mode;
    return options;
}

#endif
