// SPDX-License-Identifier: MIT
/// What a look may disturb, and who has a segment open meanwhile.
#ifndef JOIN_TESTS_QUEUE_LOOKING_HPP
#define JOIN_TESTS_QUEUE_LOOKING_HPP

#include "kinds.hpp"

#include <join/inspect.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

inline void put (const std::string& path, std::size_t bytes, const std::string& text = "")
{
    std::ofstream file (path, std::ios::binary | std::ios::trunc);
    file << text << std::string (bytes - text.size (), 'x');
}

inline std::vector<join::Participant> participantsOf (const std::string& name)
{
    std::vector<join::Participant> all (8);
    const int64_t count = join::inspectParticipants (name, all.data (), all.size ());
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
    : _pid (::fork ())
    {
        if (_pid == 0)
        {
            join::ShmMem memory (0, name, mode (join::OpenMode::OpenOnly));
            ::pause ();
        }
        while (join::inspect (name).users.value_or (1) == 0)
        {
            std::this_thread::yield ();
        }
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
