// SPDX-License-Identifier: MIT
// Streams a file to a receiver in C and to one in Python, through a queue, a pipe and a Unix socket; sees that the SHA-256
// of what arrived is the one it was told, and says how fast it went.
//     stream FILE NAME SHA256 RECEIVE PYTHON RECEIVE.PY      NAME is of the queue, there until the receiver has it open
#include "hash.hpp"
#include "ways.hpp"

#include <array>
#include <cstdio>

namespace
{
constexpr uint64_t enoughBytes = 16 << 20;  // for a rate
constexpr std::size_t mostRounds = 5;
constexpr double enoughSeconds = 5;
constexpr std::array<const char*, 4> wayNames {"no way at all", "queue", "pipe", "Unix socket"};
constexpr std::array<const char*, 3> workNames {"C, words added", "C, SHA-256", "Python, SHA-256"};

std::string added (const Bytes& bytes)
{
    char digits[17];
    std::snprintf (digits, sizeof digits, "%016llx",
                   static_cast<unsigned long long> (addWords (0, bytes.data, bytes.size)));
    return digits;
}

class Streams
{
public:
    Streams (const Bytes& bytes, const std::string& name, const std::string& hash, const std::string& c,
             const std::string& python, const std::string& script)
    : _bytes (bytes)
    , _name (name)
    , _results {added (bytes), hash, hash}
    , _commands {{{c, "words"}, {c, "sha256"}, {python, script, "sha256"}}}
    {
    }

    // What arrived is checked each time, and told the first.
    void run ()
    {
        auto start = std::chrono::steady_clock::now ();
        round ();
        std::printf ("  C          %s\n  Python     %s\n  the same, also through a pipe and a Unix socket\n",
                     _results[1].c_str (), _results[2].c_str ());
        if (_bytes.size < enoughBytes)
        {
            std::printf ("  no rates: less than 16 MiB are through too soon\n");
            return;
        }
        while (_seconds[0][0].size () < mostRounds && since (start) < enoughSeconds)
        {
            round ();
        }
        print ();
    }

private:
    // All of them one after the other, the order turned round each time.
    void round ()
    {
        const std::size_t cells = wayNames.size () * workNames.size ();
        const bool turned = _seconds[0][0].size () % 2 != 0;
        for (std::size_t i = 0; i < cells; ++i)
        {
            std::size_t cell = turned ? cells - 1 - i : i;
            std::size_t way = cell % wayNames.size ();
            std::size_t work = cell / wayNames.size ();
            if (way == 0 && work == 2)
            {
                continue;  // Python hashes with the same library
            }
            Received received = once (way, work);
            if (received.result != _results[work])
            {
                std::fprintf (stderr, "demo, streaming: %s, %s: %s\n", wayNames[way], workNames[work],
                              received.result.c_str ());
                throw Problem ("what arrived is not what was sent");
            }
            _seconds[way][work].push_back (received.seconds);
        }
    }

    Received once (std::size_t way, std::size_t work) const
    {
        switch (way)
        {
            case 1:
                return QueueWay (_name).stream (_bytes, _commands[work]);
            case 2:
                return DescriptorWay::pipe ().stream (_bytes, _commands[work]);
            case 3:
                return DescriptorWay::socket ().stream (_bytes, _commands[work]);
            default:
                break;
        }
        auto start = std::chrono::steady_clock::now ();
        std::string result = work == 0 ? added (_bytes) : hashed (_bytes.data, _bytes.size);
        return {since (start), result};
    }

    void print () const
    {
        std::printf ("%.3f MiB, from \"ready\" to the result: GB/s (median of %zu rounds, least to most)\n",
                     static_cast<double> (_bytes.size) / (1 << 20), _seconds[0][0].size ());
        std::printf ("  %-14s  %-24s%-24s%s\n", "", workNames[0], workNames[1], workNames[2]);
        for (std::size_t way = 0; way < wayNames.size (); ++way)
        {
            const auto& of = _seconds[way];
            std::printf ("  %-14s  %-24s%-24s%s\n", wayNames[way], rates (of[0]).c_str (), rates (of[1]).c_str (),
                         rates (of[2]).c_str ());
        }
        std::printf (
            "  The file is in the sender's memory and goes in pieces of 64 KiB, with room for 1 MiB on the way, in "
            "the\n"
            "  socket for what it may have. A piece is copied once into a queue, and again by a side that has to "
            "sleep;\n"
            "  twice through the others. Adding words looks at every byte and is little work; SHA-256 is much.\n"
            "  \"No way at all\" is the work alone, in the sender.\n");
    }

    std::string rates (std::vector<double> seconds) const
    {
        if (seconds.empty ())
        {
            return "-";
        }
        std::sort (seconds.begin (), seconds.end ());
        auto rate = [this] (double s) { return static_cast<double> (_bytes.size) / s / 1e9; };
        char text[64];
        std::snprintf (text, sizeof text, "%.2f (%.2f to %.2f)", rate (seconds[seconds.size () / 2]),
                       rate (seconds.back ()), rate (seconds.front ()));
        return text;
    }

    Bytes _bytes;
    std::string _name;
    std::array<std::string, 3> _results;
    std::array<Command, 3> _commands;
    std::array<std::array<std::vector<double>, 3>, 4> _seconds;
};
}  // namespace

int main (int argc, char** argv)
{
    if (argc != 7)
    {
        std::fprintf (stderr, "usage: stream FILE NAME SHA256 RECEIVE PYTHON RECEIVE.PY\n");
        return 2;
    }
    try
    {
        Receiver::takeAlong ();
        ::signal (SIGPIPE, SIG_IGN);  // a receiver that ends is an error like others
        File file (argv[1]);
        join::LocalMem memory (file.size ());
        file.readInto (static_cast<char*> (memory.get ()));
        Bytes bytes {static_cast<const unsigned char*> (memory.get ()), file.size ()};
        Streams (bytes, argv[2], argv[3], argv[4], argv[5], argv[6]).run ();
    }
    catch (const std::exception& error)
    {
        std::fprintf (stderr, "demo, streaming: %s\n", error.what ());
        return 1;
    }
    return std::fflush (stdout) == 0 ? 0 : 1;
}
