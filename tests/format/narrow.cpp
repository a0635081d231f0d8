// SPDX-License-Identifier: MIT
// What a 32-bit process does with segments that exceed its address space, and whether its waiters sleep: exit code 0,
// or the complaint on stdout. A 64-bit process does the same with what fits.
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <system_error>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace
{
using Queue = join::ShmMem::Mpsc::Queue<uint64_t>;

std::atomic<int> calls {0};
int faults = 0;

void expect (bool right, const char* what, long long figure = 0)
{
    if (!right)
    {
        std::printf ("%s (%lld)\n", what, figure);
        ++faults;
    }
}

/// A sparse segment with the header of a queue of that many elements of 8 bytes; positions as after a million elements.
void makeSparse (const char* path, uint64_t capacity)
{
    using namespace join::detail;
    Identity header = {};
    header.magic = segmentMagic;
    header.major = formatMajor;
    header.headerSize = offsetof (Control, head);
    header.kind = static_cast<uint32_t> (Kind::Mpsc);
    header.elementSize = 8;
    header.capacity = capacity;
    header.slotCount = 1;
    const Layout layout = layoutOf (Kind::Mpsc, capacity, 8, 1);
    header.stride = strideOf (Kind::Mpsc, 8);
    header.sequencesOffset = layout.sequencesOffset;
    header.elementsOffset = layout.elementsOffset;
    header.segmentSize = layout.segmentSize;
    const uint64_t position = uint64_t (1) << 20 << ticketShift;
    const int file = ::open (path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    const bool made = file != -1 && ::ftruncate64 (file, static_cast<off64_t> (layout.segmentSize)) == 0
                      && ::pwrite (file, &header, sizeof (header), 0) == sizeof (header)
                      && ::pwrite (file, &position, 8, offsetof (Control, head)) == 8
                      && ::pwrite (file, &position, 8, offsetof (Control, tail)) == 8;
    expect (made, "a sparse segment cannot be made");
    ::close (file);
}

template <typename Call>
int errorOf (const Call& call)
{
    try
    {
        call ();
        return 0;
    }
    catch (const std::system_error& error)
    {
        return error.code ().value ();
    }
}

void attachLarge (const std::string& name)
{
    for (const uint64_t capacity : {uint64_t (1) << 28, uint64_t (1) << 29, uint64_t (1) << 32})
    {
        makeSparse (("/dev/shm" + name).c_str (), capacity);
        join::MemOptions options;
        options.openMode = join::OpenMode::OpenOnly;
        options.prefault = false;
        const int attached = errorOf ([&] { Queue queue (0, name, options); });
        const int inspected = errorOf ([&] { join::inspect (name); });
        const int listed = join::inspectProducers (name, nullptr, 0) != -1 ? 0 : join::lastError.value ();
        join::ShmMem::unlink (name);
        if (sizeof (void*) == 4)
        {
            expect (attached == ENOMEM, "a segment of 4 GiB and more is attached to, or refused as", attached);
            expect (inspected == ENOMEM, "a segment of 4 GiB and more is inspected, or refused as", inspected);
            expect (listed == ENOMEM, "the producers of one are listed, or refused as", listed);
        }
    }
}

/// Waits of a second. A sleeper wakes a few times; the test only requires that it is not thousands of times.
template <typename Pop>
void sleepAtMost (const char* what, const Pop& pop)
{
    calls = 0;
    expect (pop () == -1 && join::lastError == join::Errc::TimedOut, what);
    expect (calls > 0, what, calls);
    expect (calls < 300, what, calls);
}
}  // namespace

// Replaces libc's function, for the library as well.
extern "C" __attribute__ ((visibility ("default"))) long syscall (long number, ...) noexcept
{
    using Function = long (*) (long, ...);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "syscall"));
    va_list list;
    va_start (list, number);
    long a[6];
    for (long& argument : a)
    {
        argument = va_arg (list, long);
    }
    va_end (list);
    ++calls;
    return next (number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int main (int, char** argv)
{
    const std::string name = argv[1];
    attachLarge (name);
    uint64_t element = 0;
    join::LocalMem::Spsc::Queue<uint64_t> local (8);
    sleepAtMost ("a private queue", [&] { return local.pop (element, std::chrono::seconds (1)); });
    {
        Queue shared (8, name);
        sleepAtMost ("a shared queue", [&] { return shared.pop (element, std::chrono::seconds (1)); });
        calls = 0;
        std::thread late ([&] {
            while (calls == 0)  // the pop waits in the kernel
            {
                std::this_thread::yield ();
            }
            shared.push (7);
        });
        expect (shared.pop (element, std::chrono::hours (24 * 365 * 100)) == 0, "a wait of 100 years ends otherwise",
                join::lastError.value ());
        late.join ();
    }
    join::ShmMem::unlink (name);
    std::printf ("pointers of %zu bytes, time_t of %zu: %d faults\n", sizeof (void*), sizeof (std::time_t), faults);
    return faults == 0 ? 0 : 1;
}
