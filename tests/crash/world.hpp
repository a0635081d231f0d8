// SPDX-License-Identifier: MIT
/// What the tests see of the world without asking the library: names, mappings, descriptors, locks, pages.
#ifndef JOIN_TESTS_CRASH_WORLD_HPP
#define JOIN_TESTS_CRASH_WORLD_HPP

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace crash
{
/// Gives this process a /dev/shm that nobody else sees, where the kernel allows. Before there are threads. False: the
/// tests see the machine's, and look at names of their own only.
bool makePrivateShm ();
bool privateShm ();

/// What stands in /dev/shm and is ours: everything if it is private, else what begins as name () or ".joinmem-".
std::vector<std::string> names ();
std::string listOf (const std::vector<std::string>& names);

/// A name that no other test and no other process uses, without its slash.
std::string freshName ();

/// "/dev/shm/<name>"
std::string pathOf (const std::string& name);
bool exists (const std::string& name);

/// Removes all that names () tells: what a planted violation left.
void removeNames ();

/// Whether somebody holds the attach lease of the file at `path`, asked through a description of its own.
/// Throws where the file cannot be opened.
bool leaseHeld (const std::string& path);

/// The description of a process that takes the lease for itself alone, as garbage collection does; -1: it is held.
int lockAlone (const std::string& path);

/// Whether the process maps the file of that inode, by /proc.
bool maps (pid_t pid, ino_t inode);
ino_t inodeOf (const std::string& path);

/// The mappings and descriptors of this process. Takes no memory while it looks.
class Footprint
{
public:
    /// The allocator is told to keep to its heap first, which is left out.
    static void settle ();

    void take ();

    /// Empty where both are the same, else what differs.
    std::string differs (const Footprint& later) const;

private:
    char _mappings[1 << 16];
    std::size_t _length = 0;
    uint64_t _descriptors[16] = {};
};

/// What the kernel says of a range of this process, smaps: bytes.
struct Backing
{
    uint64_t resident = 0;
    uint64_t huge = 0;
    uint64_t locked = 0;
};
Backing backingOf (const void* address, uint64_t size);

/// Whether all bytes there are `value`, read page by page.
bool filledWith (const void* address, uint64_t size, unsigned char value);

/// Forks; the child runs `body`, exits with its result, and dies with its parent. It ends after a minute at the latest.
pid_t start (const std::function<int ()>& body);

/// The status of waitpid(2).
int await (pid_t pid);
int inChild (const std::function<int ()>& body);

/// Memory that parent and children share, zero at first, one page or more.
void* sharedPages (std::size_t bytes);

/// Shut until somebody opens it, for processes that fork after it was made. Needs no descriptor.
class Gate
{
public:
    Gate ();
    Gate (const Gate&) = delete;
    Gate& operator= (const Gate&) = delete;
    ~Gate ();

    void open ();

    /// Throws after a minute.
    void wait ();

private:
    std::atomic<uint32_t>* _word;
};

/// What a child tells its parent: a sentence, or that it never came to it.
struct Verdict
{
    bool done;        ///< the child came to its end
    int error;        ///< errno of the operation, 0: it succeeded
    bool created;     ///< what created () said
    char text[1000];  ///< complaint; empty where all is right

    void say (const std::string& words);

    /// Of a child that ended so.
    std::string complaint (int status) const;
};

/// Runs body in a child; the complaint, empty where there is none.
std::string judge (const std::function<void (Verdict&)>& body);

/// Under a sanitizer system calls come from elsewhere too, and mappings are not what they are.
bool sanitized ();

}  // namespace crash

#endif
