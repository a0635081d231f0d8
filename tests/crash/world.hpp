// SPDX-License-Identifier: MIT
/// What the tests observe without the library: names, mappings, descriptors, locks, pages.
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
/// Gives this process a private /dev/shm, where the kernel allows it. Call it before any thread starts. @return false
/// if the tests see the machine's /dev/shm, and look only at their own names there
bool makePrivateShm ();
bool privateShm ();

/// The names in /dev/shm that belong to the tests: all if it is private, else those that begin with name () or
/// ".joinmem-".
std::vector<std::string> names ();
std::string listOf (const std::vector<std::string>& names);

/// A name that no other test or process uses, without its slash.
std::string freshName ();

/// "/dev/shm/<name>"
std::string pathOf (const std::string& name);
bool exists (const std::string& name);

/// Removes all names (): those that a planted violation has left.
void removeNames ();

/// Whether any process holds the attach lock of the file at `path`, by a file description of its own. Throws if the
/// file cannot be opened.
bool lockHeld (const std::string& path);

/// The descriptor of an exclusive lock, as garbage collection takes it; -1 if the attach lock is held.
int lockAlone (const std::string& path);

/// Whether the process maps the file with that inode, by /proc.
bool maps (pid_t pid, ino_t inode);
ino_t inodeOf (const std::string& path);

/// The mappings and descriptors of this process. Allocates nothing while it reads them.
class Footprint
{
public:
    /// Makes the allocator use only its heap, which a footprint leaves out. Call it first.
    static void settle ();

    void take ();

    /// The difference between the two; empty if there is none.
    std::string differs (const Footprint& later) const;

private:
    char _mappings[1 << 16];
    std::size_t _length = 0;
    uint64_t _descriptors[16] = {};
};

/// What smaps reports for a range of this process, in bytes.
struct Backing
{
    uint64_t resident = 0;
    uint64_t huge = 0;
    uint64_t locked = 0;
};
Backing backingOf (const void* address, uint64_t size);

/// Whether all bytes of the range are `value`; reads page by page.
bool filledWith (const void* address, uint64_t size, unsigned char value);

/// Forks. The child runs `body`, exits with its result, and dies with its parent, or after a minute.
pid_t start (const std::function<int ()>& body);

/// The status of waitpid(2).
int await (pid_t pid);
int inChild (const std::function<int ()>& body);

/// Zeroed memory that parent and children share, one page or more.
void* sharedPages (std::size_t bytes);

/// A gate that stays shut until a process opens it, for processes that fork after its creation. Needs no descriptor.
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

/// What a child reports to its parent.
struct Verdict
{
    bool done;        ///< the child reached its end
    int error;        ///< errno of the operation, 0 if it succeeded
    bool created;     ///< the result of created ()
    char text[1000];  ///< complaint; empty if there is none

    void say (const std::string& words);

    /// The complaint of a child that ended with this status.
    std::string complaint (int status) const;
};

/// Runs body in a child. @return the complaint; empty if there is none
std::string judge (const std::function<void (Verdict&)>& body);

/// Under a sanitizer there are more system calls and other mappings than those of the test.
bool sanitized ();

}  // namespace crash

#endif
