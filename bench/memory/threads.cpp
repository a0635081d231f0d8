// SPDX-License-Identifier: MIT
#include "threads.hpp"

#include "harness/child.hpp"
#include "harness/figure.hpp"
#include "harness/rounds.hpp"
#include "raw.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace bench
{
namespace
{
struct Pages
{
    const char* name;
    bool shared;
    bool huge;
};

constexpr Pages kinds[] = {
    {"private, base pages: MADV_POPULATE_WRITE", false, false},
    {"private, huge pages: MADV_HUGEPAGE, MADV_POPULATE_WRITE", false, true},
    {"shared, base pages: MADV_POPULATE_WRITE", true, false},
    {"shared, huge pages: touch 1 in 512, MADV_COLLAPSE", true, true},
};

struct Order
{
    Pages pages;
    std::size_t bytes;
    unsigned threads;
};

// An aligned range without pages; the destructor unmaps it.
struct Range
{
    char* mapped;
    char* start;
    std::size_t bytes;
};

Range openRange (const Order& order)
{
    constexpr int readWrite = PROT_READ | PROT_WRITE;
    Range range {nullptr, nullptr, order.bytes + hugePage};
    range.mapped = map (nullptr, range.bytes, readWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    range.start = alignedUp (range.mapped);
    if (order.pages.shared)
    {
        const int fd = ::open ("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        check (fd == -1, "open O_TMPFILE");
        check (::ftruncate (fd, static_cast<off_t> (order.bytes)) != 0, "ftruncate");
        map (range.start, order.bytes, readWrite, MAP_SHARED | MAP_FIXED, fd);
        ::close (fd);
    }
    else
    {
        advise (range.start, order.bytes, order.pages.huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE, "MADV_HUGEPAGE");
    }
    return range;
}

void fill (char* address, std::size_t bytes, const Pages& pages)
{
    if (!pages.shared || !pages.huge)
    {
        advise (address, bytes, MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE");
        return;
    }
    for (std::size_t at = 0; at < bytes; at += hugePage)
    {
        *const_cast<volatile char*> (address + at) = 0;
    }
    advise (address, bytes, MADV_COLLAPSE, "MADV_COLLAPSE");
}

double ready (const Order& order)
{
    const double start = now ();
    const Range range = openRange (order);
    const std::size_t share = order.bytes / order.threads / hugePage * hugePage;
    std::vector<std::thread> helpers;
    std::vector<std::exception_ptr> errors (order.threads);
    for (unsigned i = 0; i + 1 < order.threads; ++i)
    {
        helpers.emplace_back ([&, i] {
            try
            {
                fill (range.start + i * share, share, order.pages);
            }
            catch (...)
            {
                errors[i] = std::current_exception ();
            }
        });
    }
    const std::size_t done = share * (order.threads - 1);
    fill (range.start + done, order.bytes - done, order.pages);
    for (std::thread& helper : helpers)
    {
        helper.join ();
    }
    const double end = now ();
    ::munmap (range.mapped, range.bytes);
    for (const std::exception_ptr& error : errors)
    {
        if (error)
        {
            std::rethrow_exception (error);
        }
    }
    return end - start;
}

void runOrder (void* with, void* result)
{
    const Order& order = *static_cast<const Order*> (with);
    ready (order);  // memory new to the hypervisor costs more than all else
    *static_cast<double*> (result) = ready (order);
}

struct Line
{
    Order order;
    std::vector<double> rounds;
    std::string error;
};

nlohmann::ordered_json lineJson (const Line& one, const Line& several)
{
    nlohmann::ordered_json json;
    json["pages"] = one.order.pages.name;
    json["shared"] = one.order.pages.shared;
    json["huge"] = one.order.pages.huge;
    json["bytes"] = one.order.bytes;
    json["threads"] = several.order.threads;
    json["error"] = one.error + several.error;
    json["one_ns"] = harness::figureJson (one.rounds);
    json["several_ns"] = harness::figureJson (several.rounds);
    return json;
}

void printLine (const Line& one, const Line& several)
{
    const double alone = harness::median (one.rounds);
    const double together = harness::median (several.rounds);
    std::printf ("  %-58s %-8s %9s %9s  %.2f times as fast %s%s\n", one.order.pages.name,
                 sizeText (one.order.bytes).c_str (), timeText (alone).c_str (), timeText (together).c_str (),
                 alone / together, one.error.c_str (), several.error.c_str ());
}
}  // namespace

nlohmann::ordered_json compareThreads (const Plan& plan, unsigned most)
{
    std::vector<Line> lines;
    for (const Pages& pages : kinds)
    {
        for (std::size_t bytes : plan.sizes)
        {
            lines.push_back ({{pages, bytes, 1}, {}, ""});
            lines.push_back ({{pages, bytes, most}, {}, ""});
        }
    }
    const std::vector<std::size_t> sizes (lines.size (), 1);
    harness::inRounds (sizes, plan.rounds, plan.seed, [&lines] (std::size_t at, std::size_t) {
        double time = 0;
        const std::string error = harness::inChild (runOrder, &lines[at].order, &time, sizeof (time));
        lines[at].error = error.empty () ? lines[at].error : error;
        if (error.empty ())
        {
            lines[at].rounds.push_back (time);
        }
    });
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    std::printf ("\nUntil all pages are there: one thread, %u threads\n", most);
    for (std::size_t i = 0; i < lines.size (); i += 2)
    {
        printLine (lines[i], lines[i + 1]);
        list.push_back (lineJson (lines[i], lines[i + 1]));
    }
    return list;
}

}  // namespace bench
