// SPDX-License-Identifier: MIT
// One side of an exchange between builds: exchange push|pop KIND SIZE NAME COUNT
#include <join/queue.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace join;
using namespace std::chrono_literals;

namespace
{
template <std::size_t Bytes>
struct Element
{
    unsigned char bytes[Bytes];

    void fill (uint64_t number)
    {
        for (std::size_t i = 0; i < Bytes; ++i)
        {
            bytes[i] = static_cast<unsigned char> ((number * 31 + i) >> (i % 3));
        }
    }
};

template <typename Queue, typename T>
int run (bool pushing, const char* name, uint64_t count)
{
    Queue queue (64, name);
    for (uint64_t i = 0; i < count; ++i)
    {
        T expected;
        expected.fill (i);
        T got = expected;
        if ((pushing ? queue.push (expected, 20s) : queue.pop (got, 20s)) == -1)
        {
            std::printf ("%s %llu: %s\n", pushing ? "push" : "pop", static_cast<unsigned long long> (i),
                         lastError.message ().c_str ());
            return 1;
        }
        if (std::memcmp (&got, &expected, sizeof (got)) != 0)
        {
            std::printf ("element %llu is another\n", static_cast<unsigned long long> (i));
            return 1;
        }
    }
    return 0;
}

template <std::size_t Bytes>
int ofKind (const std::string& kind, bool pushing, const char* name, uint64_t count)
{
    using T = Element<Bytes>;
    return kind == "spsc"   ? run<ShmMem::Spsc::Queue<T>, T> (pushing, name, count)
           : kind == "mpsc" ? run<ShmMem::Mpsc::Queue<T>, T> (pushing, name, count)
                            : run<ShmMem::Mpmc::Queue<T>, T> (pushing, name, count);
}
}  // namespace

int main (int count, char** words)
{
    if (count != 6)
    {
        return 2;
    }
    const bool pushing = std::strcmp (words[1], "push") == 0;
    const int size = std::atoi (words[3]);
    const uint64_t elements = std::strtoull (words[5], nullptr, 10);
    try
    {
        return size == 8    ? ofKind<8> (words[2], pushing, words[4], elements)
               : size == 12 ? ofKind<12> (words[2], pushing, words[4], elements)
                            : ofKind<200> (words[2], pushing, words[4], elements);
    }
    catch (const std::exception& error)
    {
        std::printf ("%s\n", error.what ());
        return 1;
    }
}
