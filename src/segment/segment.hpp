// SPDX-License-Identifier: MIT
// Named segments: finding and opening one, or creating one, which gets its name last.
#ifndef JOIN_SRC_SEGMENT_SEGMENT_HPP
#define JOIN_SRC_SEGMENT_SEGMENT_HPP

#include "memory/mapping.hpp"
#include "segment/names.hpp"
#include "os/files.hpp"

#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
/// A bit in the mode of each segment, which Linux does not use on regular files, see inode(7). It distinguishes memory
/// from another program's file only if the file system has no extended attributes (os/mark.hpp), and never on its own.
constexpr uint32_t ourMark = 01000;

/// The first bytes of a queue's segment, docs/reference/segment-format.md; the queue layer asserts it.
constexpr uint64_t queueMagic = 0x51'4d'45'4d'4e'49'4f'4a;  // "JOINMEMQ"

/// How a file that is not a queue is recognised as a segment of this library.
enum class Mark
{
    None,
    Mode,       ///< by its mode and size, which another program's file may have too: no proof on its own
    Attribute,  ///< by its extended attribute
};

/// The mark of an open file. The mode counts only if the file system has no extended attributes.
Mark markOf (int file, const os::FileFacts& facts) noexcept;

/// The beginning of a queue's segment, as far as this layer reads it.
struct QueueStart
{
    uint64_t magic;
    uint32_t format[4];
    uint32_t kind;
};

/// The names of the kinds of queues, by QueueStart::kind. src/queue/format.cpp compares them with traitsOf (), which
/// this layer does not include.
constexpr const char* queueKindNames[] = {nullptr, "Spsc", "Mpsc", "Mpmc"};

constexpr const char* queueKindName (uint32_t kind) noexcept
{
    return kind < sizeof (queueKindNames) / sizeof (queueKindNames[0]) ? queueKindNames[kind] : nullptr;
}

/// A descriptor that is closed at the end of its scope. A mapping keeps the file, and with it the attach lock.
class File
{
public:
    File () noexcept = default;
    File (const File&) = delete;
    File& operator= (const File&) = delete;

    ~File ()
    {
        if (handle != -1)
        {
            os::closeFile (handle);
        }
    }

    int handle = -1;
};

/// The contents of a segment that is not all zeros. They are written before the segment has a name, and examined,
/// without a mapping, before an existing segment is used.
class Content
{
public:
    /// Called before `write`, when the file has its mode and no name yet. Signal::LostRace: create the segment again.
    virtual Failure prepare (const File& file, const SegmentDir& folder, uint32_t permissions) noexcept = 0;

    /// Writes the contents. The first `head` bytes are populated, whatever prefault is.
    virtual void write (char* base) noexcept = 0;

    /// Examines an existing segment. *bytes: how many of its `size` bytes to map.
    virtual Failure examine (const File& file, uint64_t size, const char* path, std::size_t* bytes) noexcept = 0;

    /// May take over the descriptor, whose open file description is that of the mapping.
    virtual void keep (File* file) noexcept = 0;

    /// Called when the name of a created segment has been removed again.
    virtual void withdraw () noexcept = 0;

    std::size_t head = 0;  ///< bytes that `write` writes, from the beginning on

protected:
    ~Content () = default;
};

/// Opens or creates the segment, and repeats until one of the two succeeds. Fills in the mapping, whose `options` and
/// `content` are set.
/// @throw std::overflow_error, std::bad_alloc
Failure makeShared (uint64_t size, std::string_view name, Mapping* mapping);

/// Tries to become the process that constructs the segment's contents. *first: true if it is, which then lasts until
/// Mapping::stopConstructing (); false if they are complete. Signal::LostRace: another process is constructing them.
Failure tryInitialise (Mapping* mapping, uint64_t ready, bool* first) noexcept;

/// Whether the name of a mapped segment still leads to its file. @return 1 or 0; -1 with lastError: that is unknown
int isNamed (const Mapping& mapping) noexcept;

/// The last steps before a segment gets its name: its contents, and locking it in RAM.
Failure complete (Mapping* mapping, const File& file, const SegmentDir& folder);

/// Undoes the creation of a segment that already has its name.
void takeNameBack (Mapping* mapping, const char* path) noexcept;

/// Opens the segment of that name. Signal::Missing: there is none. Signal::LostRace: it is being removed.
Failure openShared (Mapping* mapping, const char* name);

/// Creates the segment completely, and names it last. Signal::LostRace: another process came first (EEXIST), or
/// interfered (EAGAIN).
Failure createShared (Mapping* mapping, const char* name);

/// Makes everything of a new segment except its name. Only this call knows the file. `path` is for messages.
Failure initialiseFile (Mapping* mapping, const File& file, const SegmentDir& folder, const char* path);

/// The failure to create a file in that folder.
Failure folderFailure (int error, const char* path);

/// Maps the file, whose size and folder are known, at an address that suits its pages. Touches no page.
Failure mapShared (Mapping* mapping, const File& file, const SegmentDir& folder);

/// Takes the attach lock, before anything else is done with the file. Signal::LostRace: a process is removing the file.
Failure takeAttachLock (const File& file, const char* path) noexcept;

/// Lets the contents, if any, keep the descriptor. Never fails.
Failure keepFile (const Mapping& mapping, File* file) noexcept;

/// Bytes of the whole transparent huge pages that this mapping can have; 0 if none are wanted.
std::size_t hugePart (const Mapping& mapping) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
