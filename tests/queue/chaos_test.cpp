// SPDX-License-Identifier: MIT
// Processes push and pop; every few milliseconds one is killed at random and replaced. Each element whose push had
// returned arrives exactly once, except those that a killed consumer held, and each producer's order is kept.
#include "raw.hpp"
#include "scale.hpp"

#include "../hang.hpp"

#include <joinmem.h>

#include <map>
#include <random>
#include <thread>

#include <csignal>
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace
{
constexpr uint64_t elementsMost = 1024;  // elements of one life; a process that is not killed begins another
constexpr uint64_t livesMost = 8000000;
constexpr unsigned producers = 5;
constexpr unsigned python = 0;  // the index of the producer in Python

struct Element
{
    uint32_t life;
    uint32_t number;
    uint64_t check;
};

uint64_t checkOf (uint64_t life, uint64_t number)
{
    return (life << 32 | number) * 0x9e3779b97f4a7c15U;
}

/// The record that all processes write, on shared pages.
struct Book
{
    std::atomic<bool> over;                                       // producers end
    std::atomic<bool> drained;                                    // consumers end
    std::atomic<uint64_t> refused;                                // pushes that failed: a hang, or no free slot
    std::atomic<int> why;                                         // errno of the last failed push
    std::atomic<uint64_t> wrong;                                  // elements that were torn or out of order
    std::atomic<uint32_t> lives;                                  // lives begun
    std::atomic<uint32_t> returned[livesMost];                    // pushes that returned, by life
    std::atomic<uint64_t> doubled;                                // elements that arrived twice
    std::atomic<uint64_t> arrived[livesMost][elementsMost / 64];  // one bit for each element
};

/// The queue through the C interface.
class InC
{
public:
    InC (uint32_t kind, const std::string& name)
    : _queue (::jm_queue_open (kind, 64, sizeof (Element), name.c_str ()))
    {
    }

    InC (const InC&) = delete;
    InC& operator= (const InC&) = delete;

    ~InC ()
    {
        ::jm_close (_queue);
    }

    int push (const Element& element, std::chrono::nanoseconds timeout)
    {
        return ::jm_queue_push (_queue, &element, timeout.count ());
    }

    int64_t push (const Element* elements, uint64_t n, std::chrono::nanoseconds timeout)
    {
        return ::jm_queue_push_n (_queue, elements, n, timeout.count ());
    }

    int pop (Element& element, std::chrono::nanoseconds timeout)
    {
        return ::jm_queue_pop (_queue, &element, timeout.count ());
    }

private:
    jm_handle _queue;
};

/// Pushes the elements of one life.
template <typename Queue>
int pushSome (Queue& queue, Book& book, uint32_t life)
{
    for (uint32_t i = 0; i < elementsMost && !book.over; ++i)
    {
        const Element element = {life, i, checkOf (life, i)};
        const int pushed =
            i % 8 == 7 ? static_cast<int> (queue.push (&element, 1, hangLimit)) - 1 : queue.push (element, hangLimit);
        if (pushed != 0)
        {
            book.refused += 1;
            book.why = ::jm_last_error ();
            return 1;
        }
        book.returned[life] = i + 1;
    }
    return 0;
}

template <typename Queue>
int pushUntil (Queue& queue, Book& book)
{
    int status = 0;
    while (status == 0 && !book.over)
    {
        const uint32_t life = book.lives.fetch_add (1);
        status = life < livesMost ? pushSome (queue, book, life) : 2;
    }
    return status;
}

/// A producer in Python, which keeps the same record.
[[noreturn]] void pushInPython (const std::string& name, uint32_t kind, int book, uint32_t life)
{
    Dl_info library;
    ::dladdr (reinterpret_cast<const void*> (&::jm_version), &library);
    const std::string words[] = {std::to_string (kind),
                                 std::to_string (book),
                                 std::to_string (life),
                                 std::to_string (offsetof (Book, over)),
                                 std::to_string (offsetof (Book, returned) + life * sizeof (uint32_t)),
                                 std::to_string (elementsMost)};
    ::execl ("/usr/bin/python3", "python3", JOIN_CHAOS_PY, library.dli_fname, name.c_str (), words[0].c_str (),
             words[1].c_str (), words[2].c_str (), words[3].c_str (), words[4].c_str (), words[5].c_str (), nullptr);
    ::_exit (127);
}

template <typename Queue>
int popUntil (Queue& queue, Book& book)
{
    std::map<uint32_t, uint32_t> next;
    while (!book.drained)
    {
        Element element;
        if (queue.pop (element, 20ms) != 0)
        {
            continue;
        }
        if (element.life >= livesMost || element.number >= elementsMost
            || element.check != checkOf (element.life, element.number) || element.number < next[element.life])
        {
            book.wrong += 1;
            continue;
        }
        next[element.life] = element.number + 1;
        const uint64_t bit = uint64_t (1) << element.number % 64;
        book.doubled += (book.arrived[element.life][element.number / 64].fetch_or (bit) & bit) != 0;
    }
    return 0;
}

struct Told
{
    uint64_t kills = 0;
    uint64_t killsOfConsumers = 0;
    uint64_t failed = 0;  // processes that ended by themselves with an error
    uint64_t arrived = 0;
    uint64_t lost = 0;
    uint64_t invented = 0;
};

template <typename Kind>
class Chaos
{
public:
    explicit Chaos (unsigned consumers)
    : _made (64, join::MemOptions (), withSlots (producers + 1))
    , _file (::memfd_create ("chaos", 0))
    , _book (*mapBook (_file))
    , _processes (producers + consumers)
    {
    }

    ~Chaos ()
    {
        for (pid_t process : _processes)
        {
            if (process > 0)
            {
                ::kill (process, SIGKILL);
                ::waitpid (process, nullptr, 0);
            }
        }
        ::munmap (&_book, sizeof (Book));
        ::close (_file);
    }

    Told run (std::chrono::milliseconds length)
    {
        std::mt19937 random (1);
        for (unsigned i = 0; i < _processes.size (); ++i)
        {
            start (i);
        }
        for (const auto begin = steady_clock::now (); steady_clock::now () - begin < length;)
        {
            // The kills come at random moments; the checks hold at any moment.
            std::this_thread::sleep_for (std::chrono::microseconds (5000 + random () % 10000));
            const unsigned i = whom (static_cast<unsigned> (random ()));
            ::kill (_processes[i], SIGKILL);
            reap (i);
            ++_told.kills;
            _told.killsOfConsumers += i >= producers;
            replaceTheEnded ();
            start (i);
        }
        end ();
        return _told;
    }

    Raw raw ()
    {
        return Raw (_made.name.text);
    }

    const Book& book () const
    {
        return _book;
    }

private:
    static Book* mapBook (int file)
    {
        REQUIRE (::ftruncate (file, sizeof (Book)) == 0);
        void* pages = ::mmap (nullptr, sizeof (Book), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
        REQUIRE (pages != MAP_FAILED);
        return static_cast<Book*> (pages);
    }

    // Chooses Python once a second, because it takes a while to start, and the others at random.
    unsigned whom (unsigned random)
    {
        if (steady_clock::now () - _pythonAt >= 1s)
        {
            _pythonAt = steady_clock::now ();
            return python;
        }
        return 1 + random % static_cast<unsigned> (_processes.size () - 1);
    }

    void live (unsigned i)
    {
        constexpr uint32_t kind = Kind::manyConsumers ? JM_MPMC : JM_MPSC;
        const std::string& name = _made.name.text;
        if (i == python && !crash::sanitized ())  // Python cannot load a library built with a sanitizer
        {
            pushInPython (name, kind, _file, _book.lives.fetch_add (1));
        }
        int status = 0;  // the queue object is destroyed before _exit (), so that the process frees its slot
        if (i % 2 == 0)
        {
            InC queue (kind, name);
            status = i < producers ? pushUntil (queue, _book) : popUntil (queue, _book);
        }
        else
        {
            auto queue = openQueue<Kind, Element> (64, name);
            status = i < producers ? pushUntil (queue, _book) : popUntil (queue, _book);
        }
        ::_exit (status);
    }

    void start (unsigned i)
    {
        const pid_t process = ::fork ();
        if (process == 0)
        {
            live (i);
        }
        _processes[i] = process;
    }

    void reap (unsigned i)
    {
        int status = 0;
        ::waitpid (_processes[i], &status, 0);
        note (status);
        _processes[i] = 0;
    }

    void note (int status)
    {
        _told.failed += WIFEXITED (status) && WEXITSTATUS (status) != 0;
    }

    // Only the producer in Python ends after one life.
    void replaceTheEnded ()
    {
        for (unsigned i = 0; i < producers; ++i)
        {
            int status = 0;
            if (_processes[i] > 0 && ::waitpid (_processes[i], &status, WNOHANG) == _processes[i])
            {
                note (status);
                start (i);
            }
        }
    }

    void end ()
    {
        _book.over = true;
        for (unsigned i = 0; i < producers; ++i)
        {
            reap (i);
        }
        comesTrue ([&] { return _made->empty (); });
        _book.drained = true;  // consumers record an element before they check this flag
        for (unsigned i = producers; i < _processes.size (); ++i)
        {
            reap (i);
        }
        count ();
    }

    void count ()
    {
        for (uint64_t life = 0; life < _book.lives; ++life)
        {
            const uint32_t returned = _book.returned[life];
            for (uint32_t i = 0; i < elementsMost; ++i)
            {
                const bool arrived = (_book.arrived[life][i / 64] >> i % 64 & 1) != 0;
                _told.arrived += arrived;
                _told.lost += !arrived && i < returned;
                // A producer that was killed before it recorded its last push accounts for one element.
                _told.invented += arrived && i > returned;
            }
        }
    }

    Made<Kind, Element> _made;
    int _file;
    Book& _book;
    std::vector<pid_t> _processes;
    Told _told;
    steady_clock::time_point _pythonAt = steady_clock::now ();
};

template <typename Kind>
void survives (unsigned consumers, std::chrono::milliseconds length)
{
    Chaos<Kind> chaos (consumers);
    const Told told = chaos.run (length);
    Raw raw = chaos.raw ();
    const auto& counters = raw.control ().counters;
    std::printf (
        "%s: %llu kills, %llu of consumers; %llu elements arrived, %llu lost in a consumer's hand; %llu deaths, "
        "%llu skipped cells\n",
        Kind::manyConsumers ? "mpmc" : "mpsc", static_cast<unsigned long long> (told.kills),
        static_cast<unsigned long long> (told.killsOfConsumers), static_cast<unsigned long long> (told.arrived),
        static_cast<unsigned long long> (told.lost), static_cast<unsigned long long> (counters.deaths.load ()),
        static_cast<unsigned long long> (counters.skipped.load ()));
    CHECK (chaos.book ().wrong == 0);
    INFO ("errno of the last failed push: " << chaos.book ().why);
    CHECK (chaos.book ().refused == 0);
    CHECK (told.failed == 0);
    CHECK (chaos.book ().doubled == 0);
    CHECK (told.invented == 0);
    CHECK (told.lost <= told.killsOfConsumers);
    CHECK (told.arrived > told.kills);
    CHECK (counters.deaths.load () > 0);
}

std::chrono::milliseconds length ()
{
    return std::chrono::milliseconds (scaled (1500, 10000, 900000));
}
}  // namespace

TEST_CASE ("chaos with one consumer loses and duplicates nothing", "[queue][storm]")
{
    survives<ShmMpsc> (1, length ());
}

TEST_CASE ("chaos with several consumers loses and duplicates nothing", "[queue][storm]")
{
    survives<ShmMpmc> (3, length ());
}
