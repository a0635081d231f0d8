// SPDX-License-Identifier: MIT
// This version reads and continues segments of the first format version. With --make FOLDER it creates them.
#include "../segment_file.hpp"

#include <join/queue.hpp>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

using namespace join;

namespace
{
struct Element
{
    uint64_t number;
    uint64_t complement;
    uint64_t bytes[7];  // an element of 72 bytes: the cell sequences lie apart
};

Element element (uint64_t number)
{
    Element made = {number, ~number, {}};
    std::memset (made.bytes, static_cast<int> (number), sizeof (made.bytes));
    return made;
}

std::string segmentName ()
{
    return "/joinmem-test-" + std::to_string (::getpid ()) + "-golden";
}

QueueOptions options ()
{
    QueueOptions options;
    options.maxProducers = 1;
    options.typeId = 0x1122334455667788;
    options.tag = 0x99aabbccddeeff00;
    return options;
}

// Eleven pushes and eight pops through a ring of four: more than two laps, with three elements left.
template <typename Queue>
bool make (const std::string& file)
{
    bool fine = true;
    {
        Queue queue (4, segmentName (), MemOptions (), options ());
        for (uint64_t i = 0; i < 11; ++i)
        {
            Element out;
            fine = fine && queue.tryPush (element (i)) == 0 && (i >= 8 || queue.tryPop (out) == 0);
        }
    }
    SegmentFile segment (segmentName ());
    const auto* control = static_cast<const detail::Control*> (segment.get ());
    std::ofstream (file, std::ios::binary)
        .write (static_cast<const char*> (segment.get ()),
                static_cast<std::streamsize> (control->identity.segmentSize));
    ShmMem::unlink (segmentName ());
    return fine;
}

// The file's bytes as a segment, in whole pages.
void place (const std::string& file)
{
    std::ifstream in (file, std::ios::binary);
    std::string bytes ((std::istreambuf_iterator<char> (in)), std::istreambuf_iterator<char> ());
    MemOptions fresh;
    fresh.openMode = OpenMode::CreateOnly;
    ShmMem segment (bytes.size (), segmentName (), fresh);
    std::memcpy (segment.get (), bytes.data (), bytes.size ());
}

template <typename Queue>
const char* read (const std::string& file)
{
    ShmMem::unlink (segmentName ());
    place (file);
    Queue queue (4, segmentName (), MemOptions (), options ());
    ShmMem::unlink (segmentName ());
    if (queue.created () || queue.capacity () != 4 || queue.pending () != 3 || queue.tag () != options ().tag)
    {
        return "what it is, or how much is inside, is read otherwise";
    }
    if (queue.tryPush (element (11)) != 0 || queue.tryPush (element (12)) != -1)
    {
        return "it is not full with one more";
    }
    for (uint64_t i = 8; i < 12; ++i)
    {
        Element got;
        const Element expected = element (i);
        if (queue.tryPop (got) != 0 || std::memcmp (&got, &expected, sizeof (got)) != 0)
        {
            return "an element is another";
        }
    }
    return queue.empty () ? nullptr : "more is inside than was put there";
}

template <typename Queue>
int run (const std::string& folder, const char* kind, bool making)
{
    const std::string file = folder + "/" + kind + ".segment";
    const char* fault = nullptr;
    if (making)
    {
        fault = make<Queue> (file) ? nullptr : "it cannot be made";
    }
    else
    {
        fault = read<Queue> (file);
    }
    std::printf ("%s: %s\n", kind, fault != nullptr ? fault : "fine");
    return fault != nullptr ? 1 : 0;
}
}  // namespace

int main (int count, char** words)
{
    const bool making = count == 3 && std::strcmp (words[1], "--make") == 0;
    const std::string folder = words[count - 1];
    try
    {
        return run<ShmMem::Spsc::Queue<Element>> (folder, "spsc", making)
               + run<ShmMem::Mpsc::Queue<Element>> (folder, "mpsc", making)
               + run<ShmMem::Mpmc::Queue<Element>> (folder, "mpmc", making);
    }
    catch (const std::exception& error)
    {
        std::printf ("%s\n", error.what ());
        ShmMem::unlink (segmentName ());
        return 1;
    }
}
