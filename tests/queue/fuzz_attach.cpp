// SPDX-License-Identifier: MIT
// A libFuzzer target: writes arbitrary bytes to a file of that name, then attaches to it and uses it. fuzz_attach.py
// builds and runs it.
//
// The first byte selects the kind to open, and whether the other bytes overwrite a complete queue of that kind or are
// the whole file.
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
    static const char* const given = std::getenv ("JOINMEM_FUZZ_NAME");  // the caller removes this segment in any case
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
    options.openMode = mode;
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

// Inspection of any file returns consistent results within the possible limits.
void look ()
{
    join::Producer some[4];
    const join::SegmentInfo info = join::inspect (name ());
    const int64_t listed = join::inspectProducers (name (), some, 4);
    const join::SegmentPages pages = join::inspectPages (name ());
    if (info.pending > info.capacity || listed > 1022 || pages.hugeBytes.value_or (0) > info.size + (2 << 20)
        || (info.isQueue () ? listed == -1 : info.kind != join::SegmentKind::Damaged && listed != -1))
    {
        std::puts ("inspection returned an impossible result");
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
