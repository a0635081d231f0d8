// SPDX-License-Identifier: MIT
// Streams a file repeatedly from three producers to a consumer, through a queue. Every few milliseconds it kills a
// producer with SIGKILL and starts another one in its place. The SHA-256 of what arrives must be right each time.
//     survive FILE NAME SHA256
//
// The piece that a killed process was pushing has either arrived or not. So its successor pushes the piece again, and
// the consumer drops duplicates. This program has to do that; the queue makes sure that nothing else is lost,
// duplicated or delayed.
#include "hash.hpp"

#include <join/queue.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <csignal>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace
{
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr uint32_t producers = 3;
constexpr uint64_t pieceBytes = 4080;
constexpr auto length = 3s;

/// A piece of the file. The numbers continue through all rounds; each producer pushes every third piece.
struct Piece
{
    uint64_t number;
    uint32_t producer;
    uint32_t bytes;
    unsigned char data[pieceBytes];
};

using Queue = join::ShmMem::Mpsc::Queue<Piece>;

/// What all processes share besides the queue.
struct Board
{
    std::atomic<uint64_t> pushed[producers];  // number of pieces whose push has returned
    std::atomic<uint64_t> round;              // round of the consumer; producers are at most one ahead
    std::atomic<bool> over;                   // ends with this round
};

double milliseconds (Clock::duration time)
{
    return std::chrono::duration<double, std::milli> (time).count ();
}

class Survive
{
public:
    Survive (const std::string& path, const char* name, std::string hash)
    : _name (name)
    , _hash (std::move (hash))
    , _file (path)
    , _bytes (new char[_file.size ()])
    , _pieces ((_file.size () + pieceBytes - 1) / pieceBytes)
    , _queue (64, name)
    , _board (static_cast<Board*> (
          ::mmap (nullptr, sizeof (Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)))
    {
        if (_board == MAP_FAILED)
        {
            throw Problem (std::strerror (errno));
        }
        _file.readInto (_bytes.get ());
    }

    Survive (const Survive&) = delete;
    Survive& operator= (const Survive&) = delete;

    ~Survive ()
    {
        for (pid_t process : _processes)
        {
            end (process);
        }
    }

    void run ()
    {
        for (uint32_t i = 0; i < producers; ++i)
        {
            start (i);
        }
        std::atomic<bool> received {false};
        std::thread killer ([&] { kill (received); });
        try
        {
            receive ();
        }
        catch (...)
        {
            received = true;
            killer.join ();
            throw;
        }
        received = true;
        killer.join ();
        print ();
    }

private:
    void start (uint32_t i)
    {
        const pid_t parent = ::getpid ();
        _processes[i] = ::fork ();
        if (_processes[i] == 0)
        {
            ::prctl (PR_SET_PDEATHSIG, SIGKILL);  // if this process is killed
            if (::getppid () != parent)
            {
                ::_exit (1);
            }
            push (i);
            ::_exit (0);
        }
    }

    static void end (pid_t process)
    {
        if (process > 0)
        {
            ::kill (process, SIGKILL);
            ::waitpid (process, nullptr, 0);
        }
    }

    void push (uint32_t i)
    {
        Queue queue (64, _name);
        auto piece = std::make_unique<Piece> ();
        piece->producer = i;
        for (;; _board->pushed[i] += 1)
        {
            piece->number = _board->pushed[i] * producers + i;
            const uint64_t round = piece->number / _pieces;
            while (round > _board->round + 1)
            {
                std::this_thread::sleep_for (100us);
            }
            if (round > _board->round && _board->over)
            {
                return;
            }
            const uint64_t at = piece->number % _pieces * pieceBytes;
            piece->bytes = static_cast<uint32_t> (std::min (pieceBytes, _file.size () - at));
            std::memcpy (piece->data, _bytes.get () + at, piece->bytes);
            if (queue.push (*piece) != 0)
            {
                ::_exit (1);
            }
        }
    }

    // Kills producers until all has been received. The remaining ones then end by themselves, or in the destructor.
    void kill (const std::atomic<bool>& received)
    {
        std::mt19937 random (1);
        while (!received)
        {
            std::this_thread::sleep_for (std::chrono::microseconds (2000 + random () % 6000));
            const uint32_t i = static_cast<uint32_t> (random ()) % producers;
            end (_processes[i]);
            ++_kills;
            start (i);
        }
    }

    void receive ()
    {
        std::unique_ptr<char[]> rounds[2] = {std::unique_ptr<char[]> (new char[_file.size ()]),
                                             std::unique_ptr<char[]> (new char[_file.size ()])};
        uint64_t there[2] = {0, 0};
        uint64_t next[producers] = {0, 1, 2};
        auto piece = std::make_unique<Piece> ();
        const auto begin = Clock::now ();
        for (uint64_t round = 0;;)
        {
            const auto before = Clock::now ();
            if (_queue.pop (*piece, 10s) != 0)
            {
                throw Problem ("no more pieces arrive: " + std::string (join::lastError.message ()));
            }
            _silence = std::max (_silence, milliseconds (Clock::now () - before));
            uint64_t& expected = next[piece->producer];
            if (piece->number > expected)
            {
                throw Problem ("a piece was lost");
            }
            if (piece->number < expected)
            {
                ++_again;  // its producer was killed before it recorded the push
                continue;
            }
            expected += producers;
            const uint64_t of = piece->number / _pieces % 2;
            std::memcpy (rounds[of].get () + piece->number % _pieces * pieceBytes, piece->data, piece->bytes);
            if (++there[of] == _pieces && of == round % 2)
            {
                check (rounds[of].get ());
                there[of] = 0;
                _board->over = Clock::now () - begin > length;
                if (_board->over)
                {
                    _seconds = milliseconds (Clock::now () - begin) / 1000;
                    return;
                }
                _board->round = ++round;
            }
        }
    }

    void check (const char* bytes)
    {
        const std::string text = hashed (bytes, _file.size ());
        if (text != _hash)
        {
            throw Problem ("what arrived is not what was sent: " + text);
        }
        ++_rounds;
    }

    void print () const
    {
        const join::QueueStats stats = _queue.stats ();
        std::printf ("  SHA-256    %s\n  the same in each of %llu rounds, %llu bytes each, in %.1f s\n", _hash.c_str (),
                     static_cast<unsigned long long> (_rounds), static_cast<unsigned long long> (_file.size ()),
                     _seconds);
        std::printf (
            "  producers killed %llu times: %llu in the middle of a push, whose cell was skipped, %llu after a "
            "push that was not recorded yet\n",
            static_cast<unsigned long long> (_kills), static_cast<unsigned long long> (stats.skipped),
            static_cast<unsigned long long> (_again));
        std::printf ("  the queue recovered from %llu deaths; the consumer never waited longer than %.2f ms\n",
                     static_cast<unsigned long long> (stats.deaths), _silence);
    }

    const char* _name;
    std::string _hash;
    File _file;
    std::unique_ptr<char[]> _bytes;
    uint64_t _pieces;
    Queue _queue;
    Board* _board;
    pid_t _processes[producers] = {};
    uint64_t _kills = 0;
    uint64_t _again = 0;
    uint64_t _rounds = 0;
    double _seconds = 0;
    double _silence = 0;
};
}  // namespace

int main (int argc, char** argv)
{
    if (argc != 4)
    {
        std::fprintf (stderr, "usage: survive FILE NAME SHA256\n");
        return 2;
    }
    try
    {
        Survive (argv[1], argv[2], argv[3]).run ();
        return 0;
    }
    catch (const std::exception& error)
    {
        std::fprintf (stderr, "demo, surviving: %s\n", error.what ());
        return 1;
    }
}
