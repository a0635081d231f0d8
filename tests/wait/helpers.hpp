// SPDX-License-Identifier: MIT
/// The helper threads and the descriptors of this process, as /proc shows them, and whether the kernel offers rings.
#ifndef JOIN_TESTS_WAIT_HELPERS_HPP
#define JOIN_TESTS_WAIT_HELPERS_HPP

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <linux/io_uring.h>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// The names in a folder, without those that begin with a dot.
inline std::vector<std::string> entriesOf (const std::string& folder)
{
    std::vector<std::string> found;
    DIR* const open = ::opendir (folder.c_str ());
    while (const dirent* entry = open != nullptr ? ::readdir (open) : nullptr)
    {
        if (entry->d_name[0] != '.')
        {
            found.push_back (entry->d_name);
        }
    }
    if (open != nullptr)
    {
        ::closedir (open);
    }
    return found;
}

inline std::string firstLine (const std::string& path)
{
    std::ifstream file (path);
    std::string line;
    std::getline (file, line);
    return line;
}

/// The thread IDs of the helpers of this process.
inline std::vector<std::string> helperThreads ()
{
    std::vector<std::string> found;
    for (const std::string& thread : entriesOf ("/proc/self/task"))
    {
        if (firstLine ("/proc/self/task/" + thread + "/comm") == "joinmem-wait")
        {
            found.push_back (thread);
        }
    }
    return found;
}

/// The number of helpers, once it is stable: a new thread names itself late, and one that was joined may still be
/// listed for a moment.
inline uint64_t helpers ()
{
    uint64_t before = helperThreads ().size () + 1;
    uint64_t now = helperThreads ().size ();
    for (int same = 0; same < 20; same = now == before ? same + 1 : 0)
    {
        std::this_thread::sleep_for (std::chrono::milliseconds (1));
        before = now;
        now = helperThreads ().size ();
    }
    return now;
}

/// Whether the helpers block all signals that can be blocked.
inline bool signalsBlocked ()
{
    bool all = true;
    for (const std::string& thread : helperThreads ())
    {
        std::ifstream file ("/proc/self/task/" + thread + "/status");
        for (std::string line; std::getline (file, line);)
        {
            const uint64_t mask = line.rfind ("SigBlk:", 0) == 0 ? std::stoull (line.substr (7), nullptr, 16) : ~0ULL;
            all = all && (mask & (1ULL << (SIGINT - 1))) != 0 && (mask & (1ULL << (SIGTERM - 1))) != 0
                  && (mask & (1ULL << (SIGUSR1 - 1))) != 0;
        }
    }
    return all;
}

inline int64_t openDescriptors ()
{
    return static_cast<int64_t> (entriesOf ("/proc/self/fd").size ());
}

/// Whether the kernel keeps requests for futex words (io_uring, Linux 6.7), and no filter refuses it.
inline bool kernelHasRings ()
{
    constexpr unsigned futexWait = 51;           // IORING_OP_FUTEX_WAIT
    constexpr uint32_t withoutArray = 1U << 16;  // IORING_SETUP_NO_SQARRAY
    io_uring_params parameters;
    std::memset (&parameters, 0, sizeof (parameters));
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | withoutArray;
    const int ring = static_cast<int> (::syscall (SYS_io_uring_setup, 1, &parameters));
    if (ring == -1)
    {
        return false;
    }
    alignas (io_uring_probe) char known[sizeof (io_uring_probe) + 64 * sizeof (io_uring_probe_op)] = {};
    const bool asked = ::syscall (SYS_io_uring_register, ring, IORING_REGISTER_PROBE, known, 64) == 0;
    ::close (ring);
    return asked && (reinterpret_cast<io_uring_probe*> (known)->ops[futexWait].flags & IO_URING_OP_SUPPORTED) != 0;
}

/// The number of helpers of a set of that many words.
inline uint64_t helpersFor (uint64_t words, bool withDescriptor)
{
    if (kernelHasRings ())
    {
        return withDescriptor ? 1 : 0;
    }
    return words > 127 || withDescriptor ? (words + 126) / 127 : 0;
}

#endif
