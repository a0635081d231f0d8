// SPDX-License-Identifier: MIT
// One-time initialisation of a segment's contents, across processes. An OFD lock lets one process at a time initialise
// them, and the kernel releases it when that process dies; a ready word in the segment records that they are complete.
#include "memory/options.hpp"
#include "segment/segment.hpp"
#include "memory/state.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/once.hpp"

#include <atomic>
#include <cerrno>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
using Word = std::atomic<uint32_t>;

Word& wordAt (const Mapping& mapping, uint64_t ready) noexcept
{
    return *reinterpret_cast<Word*> (mapping.base + ready);
}

Failure checkWord (const Mapping& mapping, uint64_t ready) noexcept
{
    if (ready % sizeof (Word) != 0)
    {
        return Failure (EINVAL, "the ready word at offset %llu is not at a multiple of %zu",
                        static_cast<unsigned long long> (ready), sizeof (Word));
    }
    if (ready >= mapping.bytes)
    {
        return Failure (ERANGE, "the ready word at offset %llu is past the end: the memory has %zu bytes",
                        static_cast<unsigned long long> (ready), mapping.bytes);
    }
    return Failure ();
}

// Opens the segment's file again, with an open file description of its own, and so with locks of its own.
Failure openAgain (const Mapping& mapping, File* file) noexcept
{
    os::FileFacts facts;
    const char* const path = mapping.path.c_str ();
    int error = os::openFile (path, true, &file->handle);
    error = error != 0 ? error : os::factsOf (file->handle, &facts);
    if (error == ENOENT || (error == 0 && (facts.device != mapping.device || facts.inode != mapping.inode)))
    {
        return Failure (ENOENT, "%.300s was removed or replaced by another segment: its contents cannot be initialised",
                        path);
    }
    return error == 0 ? Failure ()
                      : Failure (error, "%.300s cannot be opened for the initialisation of its contents", path);
}

}  // namespace

Failure tryInitialise (Mapping* mapping, uint64_t ready, bool* first) noexcept
{
    *first = false;
    Failure failure = checkWord (*mapping, ready);
    if (failure || wordAt (*mapping, ready).load () != 0)
    {
        return failure;
    }
    if (!mapping->writable ())
    {
        return Failure (
            EROFS,
            "%.300s is not initialised yet, and is open read-only: let a process that may write initialise it first",
            mapping->path.c_str ());
    }
    const Failure busy = Failure (EAGAIN, "%.300s is being initialised", mapping->path.c_str ()).as (Signal::LostRace);
    if (mapping->constructing != -1)
    {
        return busy;
    }
    File file;
    failure = openAgain (*mapping, &file);
    if (failure)
    {
        return failure;
    }
    const int error = os::holdConstruction (file.handle);
    if (error == EAGAIN || error == EACCES)
    {
        return busy;
    }
    if (error != 0)
    {
        return Failure (error, "%.300s: the lock for its initialisation cannot be taken (fcntl F_OFD_SETLK)",
                        mapping->path.c_str ());
    }
    *first = wordAt (*mapping, ready).load () == 0;
    if (*first)
    {
        std::swap (mapping->constructing, file.handle);
        mapping->constructor = os::processId ();
    }
    return Failure ();
}

int ShmMem::beginInitialise (uint64_t ready) noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        return fail (EBADF, "nothing is mapped: the object was moved from");
    }
    constexpr int64_t nap = 1'000'000;
    for (;;)
    {
        bool first = false;
        Failure failure = tryInitialise (_state, ready, &first);
        if (!failure)
        {
            return first ? 1 : 0;
        }
        if (!failure.is (Signal::LostRace))
        {
            return fail (failure);
        }
        os::sleepUntil (os::monotonicNow () + nap);
    }
}

int ShmMem::endInitialise (uint64_t ready, bool constructed) noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr || _state->constructing == -1)
    {
        return fail (EINVAL, "this object is not initialising the segment: begin the initialisation first");
    }
    if (Failure failure = checkWord (*_state, ready))
    {
        return fail (failure);
    }
    if (constructed)
    {
        wordAt (*_state, ready).store (1);
    }
    _state->stopConstructing ();
    return 0;
}

}  // namespace JOIN_ABI
}  // namespace join
