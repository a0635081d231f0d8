// SPDX-License-Identifier: MIT
#include "guardian.hpp"

#include "kernel_report.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace
{
int requests = -1;  // to the guardian; its end of file is the end of the test
int answers = -1;
bool alone = false;  // no other run of these tests changes settings, in children too

int writeText (const std::string& path, const std::string& text)
{
    const int file = ::open (path.c_str (), O_WRONLY | O_CLOEXEC);
    if (file == -1)
    {
        return errno;
    }
    const int error = ::write (file, text.data (), text.size ()) == -1 ? errno : 0;
    ::close (file);
    return error;
}

// A group is busy until its last process is gone, which is soon: they die with the test. The limit only ends a hang.
void removeGroup (const std::string& folder)
{
    for (int tries = 0; ::rmdir (folder.c_str ()) == -1 && errno == EBUSY && tries < 3000; ++tries)
    {
        ::poll (nullptr, 0, 10);
    }
}

// What to restore: the value of a setting; empty for a directory, which is removed.
struct Change
{
    std::string path;
    std::string value;
};

void undo (const Change& change)
{
    if (change.value.empty ())
    {
        removeGroup (change.path);
    }
    else
    {
        writeText (change.path, change.value);
    }
}

std::string readLine (int file)
{
    std::string line;
    char byte = 0;
    while (::read (file, &byte, 1) == 1)
    {
        if (byte == '\n')
        {
            return line;
        }
        line += byte;
    }
    return "";
}

void writeLine (int file, const std::string& text)
{
    const std::string line = text + "\n";
    if (::write (file, line.data (), line.size ()) != static_cast<ssize_t> (line.size ()))
    {
        throw std::runtime_error ("the guardian, or its test, is gone");
    }
}

// Requests are lines: "alone", answered once other runs of these tests have restored their settings (they then wait
// until this guardian ends); "setting PATH", answered with the current value; "group PATH"; "drop" removes the last
// change.
void serve (int in, int out, int lock, std::vector<Change>* changes)
{
    for (std::string line; !(line = readLine (in)).empty ();)
    {
        std::string answer = "done";
        if (line == "alone")
        {
            ::flock (lock, LOCK_EX);
        }
        else if (line.compare (0, 8, "setting ") == 0)
        {
            answer = valueOf (line.substr (8));
            changes->push_back ({line.substr (8), answer});
        }
        else if (line.compare (0, 6, "group ") == 0)
        {
            changes->push_back ({line.substr (6), ""});
        }
        else if (!changes->empty ())
        {
            changes->pop_back ();
        }
        writeLine (out, answer);
    }
}

[[noreturn]] void guard (int in, int out)
{
    ::setsid ();
    for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE})
    {
        ::signal (signal, SIG_IGN);
    }
    std::vector<Change> changes;
    try
    {
        serve (in, out, ::open ("/sys/kernel/mm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &changes);
    }
    catch (const std::exception&)
    {
        // No process reads the answer, so the test has ended.
    }
    for (; !changes.empty (); changes.pop_back ())
    {
        undo (changes.back ());
    }
    ::_exit (0);
}

void start ()
{
    int to[2];
    int from[2];
    if (::pipe2 (to, O_CLOEXEC) == -1 || ::pipe2 (from, O_CLOEXEC) == -1)
    {
        throw std::runtime_error ("no pipe to the guardian");
    }
    const pid_t child = ::fork ();
    if (child == -1)
    {
        throw std::runtime_error ("no guardian");
    }
    if (child == 0)
    {
        ::close (to[1]);
        ::close (from[0]);
        guard (to[0], from[1]);
    }
    ::close (to[0]);
    ::close (from[1]);
    requests = to[1];
    answers = from[0];
}

std::string tell (const std::string& request)
{
    if (requests == -1)
    {
        start ();
    }
    writeLine (requests, request);
    const std::string answer = readLine (answers);
    if (answer.empty ())
    {
        throw std::runtime_error ("the guardian is gone");
    }
    return answer;
}

void beAlone ()
{
    if (!alone)
    {
        tell ("alone");
        alone = true;
    }
}

// The directory of this process in the hierarchy with the memory controller; empty if there is none.
std::string memoryFolder (bool* unified)
{
    std::ifstream file ("/proc/self/cgroup");
    for (std::string line; std::getline (file, line);)
    {
        const std::size_t first = line.find (':');
        const std::size_t second = line.find (':', first + 1);
        const std::string controllers = line.substr (first + 1, second - first - 1);
        const std::string path = line.substr (second + 1);
        if (controllers == "memory" && exists ("/sys/fs/cgroup/memory" + path))
        {
            *unified = false;
            return "/sys/fs/cgroup/memory" + (path == "/" ? "" : path);
        }
        if (controllers.empty () && exists ("/sys/fs/cgroup/cgroup.controllers"))
        {
            *unified = true;
            return "/sys/fs/cgroup" + (path == "/" ? "" : path);
        }
    }
    return "";
}

// Version 2 passes a controller down only on request, and only from groups without processes, or from the root.
int handDown (const std::string& folder)
{
    return writeText (folder + "/cgroup.subtree_control", "+memory");
}
}  // namespace

void guardian::forget ()
{
    ::close (requests);
    ::close (answers);
    requests = answers = -1;
}

Setting::Setting (const std::string& path, const std::string& value)
: _path (path)
{
    beAlone ();
    _before = tell ("setting " + path);
    if (const int error = writeText (path, value))
    {
        tell ("drop");
        throw std::runtime_error ("the test cannot write " + value + " to " + path + ", errno "
                                  + std::to_string (error));
    }
}

Setting::~Setting ()
{
    writeText (_path, _before);
    tell ("drop");
}

bool Setting::turns (const std::string& path)
{
    beAlone ();  // a value that another run has set must not be restored
    // Opening is not enough: /sys may be mounted read-only, and a value may be refused.
    return exists (path) && writeText (path, valueOf (path)) == 0;
}

MemoryGroup::MemoryGroup (const MemoryGroup* above)
{
    static int count = 0;
    const std::string base = above != nullptr ? above->_folder : memoryFolder (&_unified);
    _unified = above != nullptr ? above->_unified : _unified;
    _folder = base + "/joinmem-test-" + std::to_string (::getpid ()) + "-" + std::to_string (++count);
    if (_unified)
    {
        handDown (base);
    }
    tell ("group " + _folder);
    if (::mkdir (_folder.c_str (), 0755) == -1)
    {
        tell ("drop");
        throw std::runtime_error ("the test cannot make the cgroup " + _folder);
    }
}

MemoryGroup::~MemoryGroup ()
{
    removeGroup (_folder);
    tell ("drop");
}

void MemoryGroup::limit (uint64_t bytes) const
{
    const std::string path = _folder + (_unified ? "/memory.max" : "/memory.limit_in_bytes");
    if (const int error = writeText (path, std::to_string (bytes)))
    {
        throw std::runtime_error ("the test cannot write " + path + ", errno " + std::to_string (error));
    }
    writeText (_folder + (_unified ? "/memory.swap.max" : "/memory.swappiness"), "0");
}

uint64_t MemoryGroup::kills () const
{
    std::ifstream file (_folder + (_unified ? "/memory.events" : "/memory.oom_control"));
    uint64_t count = 0;
    for (std::string name; file >> name >> count;)
    {
        if (name == "oom_kill")
        {
            return count;
        }
    }
    throw std::runtime_error ("the kernel does not say how often it has killed in " + _folder);
}

void MemoryGroup::join () const
{
    if (const int error = writeText (_folder + "/cgroup.procs", std::to_string (::getpid ())))
    {
        throw std::runtime_error ("the test cannot enter " + _folder + ", errno " + std::to_string (error));
    }
}

std::string MemoryGroup::missing ()
{
    bool unified = false;
    const std::string folder = memoryFolder (&unified);
    if (folder.empty ())
    {
        return "no cgroup with the memory controller";
    }
    if (::access (folder.c_str (), W_OK) == -1)
    {
        return "the cgroup " + folder + " may not be written";
    }
    if (unified && handDown (folder) != 0)
    {
        return "the cgroup " + folder + " has processes and hands no controller down";
    }
    return "";
}
