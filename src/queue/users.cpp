// SPDX-License-Identifier: MIT
// The attach locks of the machine, read from /proc/locks.
#include "queue/users.hpp"

#include "os/futex.hpp"
#include "os/text.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
/// The attach locks of one file.
struct LockedFile
{
    unsigned major;
    unsigned minor;
    unsigned long long inode;
    uint32_t count;
};

bool isBefore (const LockedFile& a, const LockedFile& b) noexcept
{
    return a.inode != b.inode ? a.inode < b.inode : a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

// An attach lock: "12: OFDLCK ADVISORY  READ -1 00:1a:345 4611686018427387904 4611686018427387904". Most lines are
// none, as their end and their second word show.
bool readAttachLock (const char* line, LockedFile* file) noexcept
{
    static_assert (os::lockOffset == 4611686018427387904U, "the byte of the attach lock");
    constexpr const char* range = " 4611686018427387904 4611686018427387904";
    const std::size_t length = std::strlen (line);
    const std::size_t tail = std::strlen (range);
    const char* word = std::strchr (line, ' ');
    if (length < tail || std::strcmp (line + length - tail, range) != 0 || word == nullptr
        || std::strncmp (word, " OFDLCK ", 8) != 0)
    {
        return false;
    }
    file->count = 1;
    return std::sscanf (word, " OFDLCK %*s READ %*d %x:%x:%llu", &file->major, &file->minor, &file->inode) == 3;
}

/// All attach locks of the machine.
class LockTable
{
public:
    static constexpr uint32_t maxLines = 100'000;  // with more the counts are unknown, so that no call gets slow
    static constexpr uint32_t shortTable = 128;    // a table of up to so many lines is not kept

    // @return false: the table cannot be read
    bool read ()
    {
        uint32_t lines = 0;
        _lines = 0;  // so that an incomplete table is not used
        _readAt = os::monotonicNow ();
        _files.clear ();
        os::TextFile locks ("/proc/locks");
        while (const char* line = locks.line ())
        {
            LockedFile file = {};
            if (++lines > maxLines)
            {
                return false;
            }
            if (readAttachLock (line, &file))
            {
                _files.push_back (file);
            }
        }
        if (locks.error () != 0)
        {
            return false;
        }
        sumUp ();
        _lines = lines;
        _cost = os::monotonicNow () - _readAt;
        return true;
    }

    // 0: the file has no attach lock in the table.
    uint32_t countOf (const os::FileFacts& facts) const noexcept
    {
        LockedFile key = {0, 0, facts.inode, 0};
        auto file = std::lower_bound (_files.begin (), _files.end (), key, isBefore);
        for (; file != _files.end () && file->inode == facts.inode; ++file)
        {
            if (os::isDevice (facts.device, file->major, file->minor))
            {
                return file->count;
            }
        }
        return 0;
    }

    /// Whether the table may still be used. Reading it takes at most one part in `share` of the time.
    bool isFresh (int64_t share) const noexcept
    {
        return _lines > shortTable && os::monotonicNow () - _readAt < _cost * share;
    }

private:
    void sumUp () noexcept
    {
        std::sort (_files.begin (), _files.end (), isBefore);
        std::size_t kept = 0;
        for (std::size_t i = 0; i < _files.size (); ++i)
        {
            if (kept != 0 && !isBefore (_files[kept - 1], _files[i]))
            {
                ++_files[kept - 1].count;
            }
            else
            {
                _files[kept++] = _files[i];
            }
        }
        _files.resize (kept);
    }

    std::vector<LockedFile> _files;
    int64_t _readAt = 0;
    int64_t _cost = 0;
    uint32_t _lines = 0;
};

std::optional<uint32_t> countIn (LockTable& table, const os::FileFacts& facts)
{
    constexpr int64_t share = 16;
    if (table.isFresh (share))
    {
        const uint32_t count = table.countOf (facts);
        if (count != 0)
        {
            return count;
        }
        if (table.isFresh (1))  // the file was opened since, or its lock is another program's
        {
            return {};
        }
    }
    return table.read () ? std::optional<uint32_t> (table.countOf (facts)) : std::optional<uint32_t> ();
}
}  // namespace

std::optional<uint32_t> countUsers (const os::FileFacts& facts) noexcept
{
    static std::mutex mutex;
    static LockTable* known = nullptr;  // never destroyed: threads may outlive main ()
    // try_to_lock: a child that was forked while another thread held the mutex would wait for ever.
    const std::unique_lock<std::mutex> lock (mutex, std::try_to_lock);
    try
    {
        if (lock)
        {
            known = known != nullptr ? known : new LockTable;
            return countIn (*known, facts);
        }
        LockTable table;
        return table.read () ? std::optional<uint32_t> (table.countOf (facts)) : std::optional<uint32_t> ();
    }
    catch (const std::bad_alloc&)
    {
        return {};
    }
}

}  // namespace JOIN_ABI
}  // namespace join
