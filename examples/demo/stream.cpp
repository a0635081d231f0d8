// SPDX-License-Identifier: MIT
// Streams a file to a receiver in C and to one in Python, through a queue, a pipe and a Unix socket. Checks the SHA-256
// of what arrives, and prints the speed and the CPU time of each way.
//     stream FILE NAME SHA256 RECEIVE PYTHON RECEIVE.PY      NAME: of the queue, removed when both have it open
#include "hash.hpp"
#include "table.hpp"
#include "ways.hpp"

#include <array>
#include <cstdio>

namespace
{
constexpr uint64_t enoughBytes = 16 << 20;  // minimum to measure a rate
constexpr std::size_t mostRounds = 5;
constexpr double enoughSeconds = 5;
constexpr std::size_t noTransport = 0;

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

    // Checks the result of each stream, and prints those of the first round.
    void run ()
    {
        const OtherPrograms others;
        auto start = std::chrono::steady_clock::now ();
        round (0);
        std::printf ("  C          %s\n  Python     %s\n  the same, also through a pipe and a Unix socket\n\n",
                     _results[1].c_str (), _results[2].c_str ());
        if (_bytes.size < enoughBytes)
        {
            std::printf ("No figures: measuring a rate needs a file of at least 16 MiB.\n");
            return;
        }
        for (std::size_t done = 1; done < mostRounds && since (start) < enoughSeconds; ++done)
        {
            round (done);
        }
        printTable (_costs, _bytes.size, others.share ());
    }

private:
    // Measures every way with every work, one after the other, in reverse order in every second round.
    void round (std::size_t number)
    {
        const std::size_t cells = ways * works;
        for (std::size_t i = 0; i < cells; ++i)
        {
            std::size_t cell = number % 2 != 0 ? cells - 1 - i : i;
            std::size_t way = cell % ways;
            std::size_t work = cell / ways;
            if (way == noTransport && work == 2)
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
            _costs[work][way].add (received.seconds, received.senderCpu, received.receiverCpu, _bytes.size);
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
        const double cpuBefore = cpuSeconds ();
        auto start = std::chrono::steady_clock::now ();
        std::string result = work == 0 ? added (_bytes) : hashed (_bytes.data, _bytes.size);
        return {since (start), cpuSeconds () - cpuBefore, 0, result};
    }

    Bytes _bytes;
    std::string _name;
    std::array<std::string, works> _results;
    std::array<Command, works> _commands;
    Costs _costs;
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
        ::signal (SIGPIPE, SIG_IGN);  // a receiver that ends is then an ordinary error
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
