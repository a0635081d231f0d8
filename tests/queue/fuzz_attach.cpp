// SPDX-License-Identifier: MIT
// libFuzzer: any bytes in a file of that name, and somebody attaches and uses it. fuzz_attach.py builds and runs it.
//
// The first byte says how: the kind that is asked for, and whether the rest is written over a whole queue of that kind or
// is all that the file has.
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace
{
using namespace std::chrono_literals;

const std::string& name ()
{
    static const char* const given = std::getenv ("JOINMEM_FUZZ_NAME");  // whose caller removes it, whatever happens
    static const std::string text = given != nullptr ? given : "/joinmem-fuzz-" + std::to_string (::getpid ());
    return text;
}

void removeName ()
{
    join::ShmMem::unlink (name ());
}

join::MemOptions only (join::OpenMode mode)
{
    join::MemOptions options;
    options.mode = mode;
    return options;
}

template <typename Queue>
void use (uint64_t capacity, join::OpenMode how)
{
    try
    {
        Queue queue (capacity, name (), only (how));
        uint64_t some[3] = {1, 2, 3};
        for (int i = 0; i < 3; ++i)
        {
            queue.tryPush (some[0]);
            queue.tryPush (some, 3);
            queue.push (some[0], 1us);
            queue.tryPop (some[0]);
            queue.tryPop (some, 3);
            queue.popSome (some, 3, 1us);
        }
        if (queue.pending () > queue.capacity ())
        {
            std::abort ();
        }
        queue.shutdown ();
        queue.pop (some, 3, 1us);
    }
    catch (const std::system_error& error)
    {
        const int what = error.code ().value ();
        if (what != EBADMSG && what != EINVAL && what != ENOENT)
        {
            std::printf ("refused with errno %d: %s\n", what, error.what ());
            std::abort ();
        }
    }
}

// Whoever only looks is told something, whatever it is, and of no more than there can be.
void look ()
{
    join::Participant some[4];
    const join::SegmentInfo info = join::inspect (name ());
    const int64_t there = join::inspectParticipants (name (), some, 4);
    const join::SegmentPages pages = join::inspectPages (name ());
    if (info.pending > info.capacity || there > 1022 || pages.hugeBytes.value_or (0) > info.size + (2 << 20)
        || info.isQueue () == (there == -1))
    {
        std::puts ("a look told what cannot be");
        std::abort ();
    }
}

template <typename Queue>
void attach (const uint8_t* data, std::size_t size, bool over)
{
    removeName ();
    const std::string path = "/dev/shm" + name ();
    if (over)
    {
        Queue queue (8, name ());
        queue.tryPush (5);
    }
    const int file = ::open (path.c_str (), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file == -1 || ::pwrite (file, data, size, 0) != static_cast<ssize_t> (size))
    {
        std::abort ();
    }
    ::close (file);
    look ();
    use<Queue> (0, join::OpenMode::OpenOnly);
    use<Queue> (8, join::OpenMode::CreateOrOpen);
    removeName ();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput (const uint8_t* data, std::size_t size)
{
    if (size < 1 || size > (1 << 16))
    {
        return 0;
    }
    const bool over = (data[0] & 4) != 0;
    switch (data[0] & 3)
    {
        case 0:
            attach<join::ShmMem::Spsc::Queue<uint64_t>> (data + 1, size - 1, over);
            break;
        case 1:
            attach<join::ShmMem::Mpsc::Queue<uint64_t>> (data + 1, size - 1, over);
            break;
        default:
            attach<join::ShmMem::Mpmc::Queue<uint64_t>> (data + 1, size - 1, over);
    }
    return 0;
}
