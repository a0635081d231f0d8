// SPDX-License-Identifier: MIT
/// What inspection might disturb, and a process that has a segment open meanwhile.
#ifndef JOIN_TESTS_QUEUE_INSPECT_SUPPORT_HPP
#define JOIN_TESTS_QUEUE_INSPECT_SUPPORT_HPP

#include "kinds.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

inline void put (const std::string& path, std::size_t bytes, const std::string& text = "")
{
    std::ofstream file (path, std::ios::binary | std::ios::trunc);
    file << text << std::string (bytes - text.size (), 'x');
}

inline std::vector<join::Producer> producersOf (const std::string& name)
{
    std::vector<join::Producer> all (8);
    const int64_t count = join::inspectProducers (name, all.data (), all.size ());
    REQUIRE (count >= 0);
    all.resize (static_cast<std::size_t> (count));
    return all;
}

inline int errorOf (int result)
{
    return result == -1 ? join::lastError.value () : 0;
}

struct Traces
{
    explicit Traces (const std::string& path)
    {
        struct stat status = {};
        ::stat (path.c_str (), &status);
        blocks = status.st_blocks;
        modified = status.st_mtim.tv_nsec;
        changed = status.st_ctim.tv_nsec;
        std::ifstream file (path, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf ();
        bytes = all.str ();
    }

    bool operator== (const Traces& other) const
    {
        return blocks == other.blocks && modified == other.modified && changed == other.changed && bytes == other.bytes;
    }

    blkcnt_t blocks = 0;
    long modified = 0;
    long changed = 0;
    std::string bytes;
};

// A process that has the segment open until it is killed.
class User
{
public:
    explicit User (const std::string& name)
    {
        int ends[2] = {-1, -1};
        char byte = 0;
        const bool open = ::pipe2 (ends, O_CLOEXEC) == 0;
        _pid = open ? ::fork () : -1;
        if (_pid == 0)
        {
            // A failed attempt also holds the attach lock for a moment, so the process reports only once the segment is
            // open for good.
            const auto stay = [&] {
                (void) !::write (ends[1], "", 1);
                ::pause ();
            };
            try
            {
                join::AnyQueue queue (name);
                stay ();
            }
            catch (const std::system_error&)
            {
                join::ShmMem memory (0, name, mode (join::OpenMode::OpenOnly));
                stay ();
            }
        }
        ::close (ends[1]);
        (void) !::read (ends[0], &byte, 1);
        ::close (ends[0]);
    }

    ~User ()
    {
        ::kill (_pid, SIGKILL);
        ::waitpid (_pid, nullptr, 0);
    }

private:
    pid_t _pid;
};

#endif
