// SPDX-License-Identifier: MIT
// make () in a program without exceptions: a failure leaves its error in lastError, and the object is empty. Prints
// what is wrong.
#include <join/any_queue.hpp>
#include <join/queue.hpp>

#include <cerrno>
#include <cstdio>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

using join::AnyQueue;
using join::LocalMem;
using join::MemOptions;
using join::QueueKind;
using join::QueueOptions;
using join::ShmMem;

namespace
{
int wrong = 0;

#define CHECK(what)                                                                                     \
    do                                                                                                  \
    {                                                                                                   \
        if (!(what))                                                                                    \
        {                                                                                               \
            std::printf ("line %d: %s; lastError: %d, %s\n", __LINE__, #what, join::lastError.value (), \
                         join::lastError.message ().c_str ());                                          \
            ++wrong;                                                                                    \
        }                                                                                               \
    }                                                                                                   \
    while (false)

/// Whether `make` returns an empty object and leaves `error` in lastError.
template <typename Make>
bool fails (int error, const Make& make)
{
    join::lastError.assign (0, "");
    const auto made = make ();
    return !made && join::lastError.value () == error;
}

MemOptions openOnly ()
{
    MemOptions options;
    options.openMode = join::OpenMode::OpenOnly;
    return options;
}

QueueOptions noProducers ()
{
    QueueOptions options;
    options.maxProducers = 100000;
    return options;
}

MemOptions badOptions ()
{
    MemOptions options;
    options.structSize = 3;
    return options;
}

void memories (const std::string& name)
{
    constexpr uint64_t tooMuch = uint64_t (1) << 62;
    LocalMem local = LocalMem::make (5000);
    CHECK (local && local.size () == 8192 && local.get () != nullptr);
    CHECK (LocalMem::make (5000, MemOptions ()));
    CHECK (fails (EINVAL, [] { return LocalMem::make (0); }));
    CHECK (fails (EINVAL, [] { return LocalMem::make (1, badOptions ()); }));
    CHECK (fails (ENOMEM, [] { return LocalMem::make (tooMuch); }));
    CHECK (fails (EINVAL, [&] { return ShmMem::make (0, name); }));
    CHECK (fails (EINVAL, [] { return ShmMem::make (1, ""); }));
    CHECK (fails (EINVAL, [] { return ShmMem::make (1, static_cast<const char*> (nullptr)); }));
    CHECK (fails (EINVAL, [] { return ShmMem::make (1, "a/b"); }));
    CHECK (fails (ENAMETOOLONG, [] { return ShmMem::make (1, std::string (256, 'x')); }));
    CHECK (fails (ENOENT, [&] { return ShmMem::make (0, name, openOnly ()); }));
    CHECK (fails (EOVERFLOW, [&] { return ShmMem::make (UINT64_MAX, name); }));
    CHECK (fails (ENOMEM, [&] { return ShmMem::make (tooMuch, name); }));
    ShmMem made = ShmMem::make (5000, name);
    CHECK (made && made.created () && made.name () == name);
    const ShmMem other = ShmMem::make (0, name.c_str (), openOnly ());
    CHECK (other && !other.created ());
    CHECK (fails (EINVAL, [&] { return ShmMem::make (1 << 20, name); }));
    made = ShmMem::make (0, name);
    CHECK (!made && made.size () == 0 && made.mlock () == -1 && join::lastError.value () == EBADF);
    ShmMem::unlink (name);
}

template <typename Policy>
void localQueues ()
{
    using Queue = typename Policy::template Queue<uint64_t>;
    Queue queue = Queue::make (4);
    uint64_t out = 0;
    CHECK (queue && queue.push (7) == 0 && queue.pop (out) == 0 && out == 7);
    CHECK (fails (EINVAL, [] { return Queue::make (uint64_t (1) << 33); }));
    CHECK (fails (EINVAL, [] { return Queue::make (4, badOptions ()); }));
    CHECK (fails (EINVAL, [] { return Queue::make (4, MemOptions (), noProducers ()); }));
    queue = Queue::make (uint64_t (1) << 33);
    CHECK (!queue && queue.tryPush (1) == -1 && join::lastError.value () == EBADF);
}

template <typename Policy>
void sharedQueues (const std::string& name)
{
    using Queue = typename Policy::template Queue<uint64_t>;
    CHECK (fails (ENOENT, [&] { return Queue::make (0, name, openOnly ()); }));
    CHECK (fails (EINVAL, [&] { return Queue::make (uint64_t (1) << 33, name); }));
    CHECK (fails (EINVAL, [] { return Queue::make (4, ""); }));
    CHECK (fails (EINVAL, [] { return Queue::make (4, static_cast<const char*> (nullptr)); }));
    Queue queue = Queue::make (4, name);
    uint64_t out = 0;
    CHECK (queue && queue.created () && queue.push (7) == 0);
    CHECK (fails (EINVAL, [&] { return Queue::make (8, name.c_str ()); }));
    const Queue other = Queue::make (0, name.c_str (), openOnly ());
    CHECK (other && other.pending () == 1);
    AnyQueue any = AnyQueue::make (name);
    CHECK (any && any.elementSize () == 8 && any.pop (&out) == 0 && out == 7);
    any = AnyQueue::make (any.kind (), 4, 8, name.c_str ());
    CHECK (any);
    CHECK (fails (EINVAL, [&] { return AnyQueue::make (QueueKind::Spsc, 4, 16, name); }));
    CHECK (fails (EINVAL, [&] { return AnyQueue::make (QueueKind (9), 4, 8, name); }));
    ShmMem::unlink (name);
    CHECK (fails (ENOENT, [&] { return AnyQueue::make (name.c_str ()); }));
}

// No descriptor is left, so that a constructor fails midway.
void withoutDescriptors (const std::string& name)
{
    struct rlimit before = {};
    ::getrlimit (RLIMIT_NOFILE, &before);
    struct rlimit none = before;
    none.rlim_cur = 0;
    ::setrlimit (RLIMIT_NOFILE, &none);
    CHECK (fails (EMFILE, [&] { return ShmMem::make (1, name); }));
    CHECK (fails (EMFILE, [&] { return ShmMem::Mpmc::Queue<int>::make (4, name); }));
    ::setrlimit (RLIMIT_NOFILE, &before);
}
}  // namespace

int main ()
{
    const std::string name = "/joinmem-no-exceptions." + std::to_string (::getpid ());
    memories (name);
    localQueues<LocalMem::Spsc> ();
    localQueues<LocalMem::Mpsc> ();
    localQueues<LocalMem::Mpmc> ();
    sharedQueues<ShmMem::Spsc> (name);
    sharedQueues<ShmMem::Mpsc> (name);
    sharedQueues<ShmMem::Mpmc> (name);
    withoutDescriptors (name);
    std::printf ("%d wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}
