// SPDX-License-Identifier: MIT
// Puts a file into shared memory, for other processes to open by name.
//     put FILE NAME      creates the segment and prints its placement
//     put --unlink NAME  removes the name
#include "../report.hpp"
#include "file.hpp"
#include "file_segment.h"

#include <atomic>
#include <cstring>
#include <iostream>

namespace
{
void put (const std::string& path, const char* name)
{
    File file (path);
    join::MemOptions options;
    options.openMode = join::OpenMode::CreateOnly;
    join::ShmMem memory (FILE_SEGMENT_BYTES + file.size (), name, options);
    try
    {
        auto* header = static_cast<file_segment*> (memory.get ());
        file.readInto (static_cast<char*> (memory.get (FILE_SEGMENT_BYTES)));
        header->length = file.size ();
        std::atomic_thread_fence (std::memory_order_release);
        header->magic = FILE_SEGMENT_MAGIC;
    }
    catch (...)
    {
        join::ShmMem::unlink (name);
        throw;
    }
    std::cout << "placement of " << name << ", which holds a file of " << file.size () << " bytes\n";
    report::print (std::cout, memory.placement ());
}
}  // namespace

int main (int argc, char** argv)
{
    if (argc != 3)
    {
        std::cerr << "usage: put FILE NAME\n       put --unlink NAME\n";
        return 2;
    }
    try
    {
        if (std::strcmp (argv[1], "--unlink") != 0)
        {
            put (argv[1], argv[2]);
        }
        else if (join::ShmMem::unlink (argv[2]) == -1)
        {
            throw Problem (join::lastError.message ());
        }
    }
    catch (const std::exception& error)
    {
        std::cerr << "demo: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
