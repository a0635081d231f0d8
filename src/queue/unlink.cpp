// SPDX-License-Identifier: MIT
// Removal of a segment's name, and of the name of a queue's second lock file.
#include "os/barrier.hpp"
#include "queue/format.hpp"
#include "queue/writer_file.hpp"

#include <join/memory.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// The second lock file of the queue of that name, found before the name is removed.
class QueueFiles
{
public:
    explicit QueueFiles (const char* path) noexcept
    : _path (path)
    {
        os::FileFacts facts;
        if (os::factsAt (path, &facts) != 0 || !facts.regular || !hasReaders (facts.mode))
        {
            return;  // the usual case: one system call
        }
        File file;
        detail::Identity identity = {};
        std::size_t got = 0;
        QueueFormat format = {};
        if (os::openFile (path, false, &file.handle) == 0 && os::factsOf (file.handle, &facts) == 0
            && os::readAt (file.handle, 0, &identity, sizeof (identity), &got) == 0 && got == sizeof (identity)
            && !readIdentity (identity, facts.size, path, &format))
        {
            _inode = facts.inode;
            _number = format.lockFile;
        }
    }

    void removeWriterFile () const noexcept
    {
        if (_number != 0)
        {
            os::removeName (WriterFilePath (_path, _inode, _number).text);
        }
    }

private:
    const char* _path;
    uint64_t _inode = 0;
    uint64_t _number = 0;
};
}  // namespace

int ShmMem::unlinkNamed (std::string_view input) noexcept
{
    const os::NoCancel noCancel;
    SegmentName name;
    if (Failure failure = readName (input, &name))
    {
        return fail (failure);
    }
    bool found = false;
    for (int fresh = 0; fresh < 2 && !found; ++fresh)
    {
        const SegmentDirs places = segmentDirs (fresh == 1);
        for (std::size_t i = 0; i < places.count (); ++i)
        {
            const SegmentPath path (places[i], name.text);
            if (places[i].hugePage != 0 && !stillHuge (places[i]))
            {
                continue;
            }
            const QueueFiles files (path.text);
            const int error = os::removeName (path.text);
            if (error != 0 && !notThere (places[i], path.text, error))
            {
                return fail (error, "%s cannot be unlinked", path.text);
            }
            found = found || error == 0;
            if (error == 0)
            {
                files.removeWriterFile ();
            }
        }
    }
    return 0;
}

}  // namespace JOIN_ABI
}  // namespace join
