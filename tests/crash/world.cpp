// SPDX-License-Identifier: MIT
#include "world.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tracer.hpp"

namespace crash
{
namespace
{
const char* const folder = "/dev/shm";
bool isPrivate = false;

[[noreturn]] void refuse (const std::string& what)
{
    throw std::runtime_error (what + ": " + ::strerror (errno));
}

bool put (const char* path, const std::string& text)
{
    const int file = ::open (path, O_WRONLY | O_CLOEXEC);
    const bool fine = file != -1 && ::write (file, text.data (), text.size ()) == static_cast<ssize_t> (text.size ());
    if (file != -1)
    {
        ::close (file);
    }
    return fine;
}

// In a user namespace a user other than root can have a mount namespace.
bool unshareMounts ()
{
    if (::unshare (CLONE_NEWNS) == 0)
    {
        return true;
    }
    const std::string user = std::to_string (::geteuid ());
    const std::string group = std::to_string (::getegid ());
    return ::unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 && put ("/proc/self/setgroups", "deny")
           && put ("/proc/self/uid_map", user + " " + user + " 1")
           && put ("/proc/self/gid_map", group + " " + group + " 1");
}

std::string prefix ()
{
    return "joinmem-crash-" + std::to_string (::getpid ()) + "-";
}

// Children use the name of the process that started the test.
const std::string& ours ()
{
    static const std::string text = prefix ();
    return text;
}

struct flock lockOf (short type)
{
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = off_t (1) << 62;
    lock.l_len = 1;
    return lock;
}

int openOrRefuse (const std::string& path)
{
    const int file = ::open (path.c_str (), O_RDWR | O_CLOEXEC);
    if (file == -1)
    {
        refuse (path);
    }
    return file;
}
}  // namespace

bool makePrivateShm ()
{
    ours ();
    isPrivate = unshareMounts () && ::mount ("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
                && ::mount ("joinmem-tests", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") == 0;
    return isPrivate;
}

bool privateShm ()
{
    return isPrivate;
}

std::vector<std::string> names ()
{
    std::vector<std::string> result;
    DIR* entries = ::opendir (folder);
    if (entries == nullptr)
    {
        refuse (folder);
    }
    while (const dirent* entry = ::readdir (entries))
    {
        const std::string name = entry->d_name;
        const bool dots = name == "." || name == "..";
        if (!dots && (isPrivate || name.rfind (ours (), 0) == 0 || name.rfind (".joinmem-", 0) == 0))
        {
            result.push_back (name);
        }
    }
    ::closedir (entries);
    std::sort (result.begin (), result.end ());
    return result;
}

std::string listOf (const std::vector<std::string>& list)
{
    std::string text;
    for (const std::string& name : list)
    {
        text += (text.empty () ? "" : ", ") + name;
    }
    return text.empty () ? "nothing" : text;
}

std::string freshName ()
{
    static unsigned count = 0;
    return ours () + std::to_string (++count);
}

std::string pathOf (const std::string& name)
{
    return std::string (folder) + "/" + name;
}

bool exists (const std::string& name)
{
    struct stat status;
    return ::lstat (pathOf (name).c_str (), &status) == 0;
}

void removeNames ()
{
    for (const std::string& name : names ())
    {
        ::unlink (pathOf (name).c_str ());
    }
}

bool lockHeld (const std::string& path)
{
    const int file = openOrRefuse (path);
    struct flock lock = lockOf (F_WRLCK);
    const int result = ::fcntl (file, F_OFD_GETLK, &lock);
    ::close (file);
    if (result == -1)
    {
        refuse ("F_OFD_GETLK");
    }
    return lock.l_type != F_UNLCK;
}

int lockAlone (const std::string& path)
{
    const int file = openOrRefuse (path);
    struct flock lock = lockOf (F_WRLCK);
    if (::fcntl (file, F_OFD_SETLK, &lock) == 0)
    {
        return file;
    }
    const int error = errno;
    ::close (file);
    errno = error;
    if (error != EAGAIN && error != EACCES)
    {
        refuse ("F_OFD_SETLK");
    }
    return -1;
}

bool maps (pid_t pid, ino_t inode)
{
    std::ifstream lines ("/proc/" + std::to_string (pid) + "/maps");
    std::string line;
    while (std::getline (lines, line))
    {
        std::istringstream words (line);
        std::string range, access, offset, device;
        ino_t number = 0;
        words >> range >> access >> offset >> device >> number;
        if (number == inode && line.find (folder) != std::string::npos)
        {
            return true;
        }
    }
    return false;
}

ino_t inodeOf (const std::string& path)
{
    struct stat status;
    return ::stat (path.c_str (), &status) == 0 ? status.st_ino : 0;
}

pid_t start (const std::function<int ()>& body)
{
    const pid_t parent = ::getpid ();
    const pid_t pid = ::fork ();
    if (pid == -1)
    {
        refuse ("fork");
    }
    if (pid == 0)
    {
        ::prctl (PR_SET_PDEATHSIG, SIGKILL);
        ::alarm (60);
        int code = 1;
        try
        {
            code = ::getppid () == parent ? body () : 1;
        }
        catch (const std::exception& error)
        {
            ::fprintf (stderr, "in a child: %s\n", error.what ());
        }
        ::_exit (code);
    }
    return pid;
}

int await (pid_t pid)
{
    int status = 0;
    while (::waitpid (pid, &status, 0) == -1)
    {
        if (errno != EINTR)
        {
            refuse ("waitpid");
        }
    }
    return status;
}

int inChild (const std::function<int ()>& body)
{
    return await (start (body));
}

void* sharedPages (std::size_t bytes)
{
    void* pages = ::mmap (nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
    {
        refuse ("mmap");
    }
    return pages;
}

Gate::Gate ()
: _word (new (sharedPages (sizeof (*_word))) std::atomic<uint32_t> (0))
{
}

Gate::~Gate ()
{
    ::munmap (_word, sizeof (*_word));
}

void Gate::open ()
{
    _word->store (1);
    ::syscall (SYS_futex, _word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void Gate::wait ()
{
    const timespec minute = {60, 0};
    while (_word->load () == 0)
    {
        if (::syscall (SYS_futex, _word, FUTEX_WAIT, 0, &minute, nullptr, 0) == -1 && errno == ETIMEDOUT)
        {
            throw std::runtime_error ("the gate was not opened within a minute");
        }
    }
}

void Verdict::say (const std::string& words)
{
    if (text[0] == '\0')
    {
        ::snprintf (text, sizeof (text), "%s", words.c_str ());
    }
}

std::string Verdict::complaint (int status) const
{
    if (text[0] != '\0')
    {
        return text;
    }
    return done && WIFEXITED (status) && WEXITSTATUS (status) == 0 ? "" : "the process ended with " + describe (status);
}

std::string judge (const std::function<void (Verdict&)>& body)
{
    static Verdict* const verdict = static_cast<Verdict*> (sharedPages (sizeof (Verdict)));
    *verdict = Verdict ();
    const int status = inChild ([&] {
        try
        {
            body (*verdict);
        }
        catch (const std::exception& error)
        {
            verdict->say (std::string ("it throws: ") + error.what ());
        }
        verdict->done = true;
        return 0;
    });
    return verdict->complaint (status);
}

bool sanitized ()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

}  // namespace crash
