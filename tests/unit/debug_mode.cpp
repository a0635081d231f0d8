// SPDX-License-Identifier: MIT
// Compiled with -D_GLIBCXX_DEBUG, in which std::vector and std::string have another layout than in the library: reports
// must arrive whole. The library passes plain data, and inline code makes the std types.
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace
{
int failures = 0;

void check (bool right, const char* what)
{
    if (!right)
    {
        std::printf ("%s\n", what);
        ++failures;
    }
}

void checkMemory ()
{
    join::MemOptions options;
    options.huge = join::HugePages::Never;
    const join::Placement placement = join::LocalMem (1 << 20, options).placement ();
    check (placement.size == 1 << 20 && placement.backing == "anonymous", "the placement of memory is wrong");
    check (!placement.nodes || (placement.nodes->size () > 0 && placement.nodes->front ().bytes == 1 << 20),
           "the nodes of the placement are wrong");
}

void checkSegment (const std::string& name)
{
    const join::SegmentInfo info = join::inspect (name);
    check (info.isQueue () && info.path == "/dev/shm" + name && info.pushed == 1, "the facts of the segment are wrong");
    check (info.inUse == true && info.users == 1U, "the users of the segment are wrong");
    const std::vector<std::string> names = join::segmentNames ();
    check (std::find (names.begin (), names.end (), name) != names.end (), "the segment is not listed");
    const auto producers = join::inspectProducers (name);
    check (producers && producers->size () == 1 && producers->at (0).pid == ::getpid (), "the producers are wrong");
    check (join::inspectPages (name).pageSize.has_value (), "the pages are wrong");
}
}  // namespace

int main ()
{
    checkMemory ();
    const std::string name = "/joinmem-debug-" + std::to_string (::getpid ());
    {
        join::ShmMem::Mpsc::Queue<int> queue (8, name);
        check (queue.tryPush (1) == 0 && queue.placement ().name == name, "the placement of the queue is wrong");
        checkSegment (name);
    }
    check (join::removeUnused (join::inspect (name)) == 0, "the segment cannot be removed as it was inspected");
    return failures == 0 ? 0 : 1;
}
