// SPDX-License-Identifier: MIT
// Creators and openers of a segment, killed or overtaken at the entry and at the exit of each system call.
#include <catch2/catch.hpp>

#include "environment.hpp"
#include "baseline.hpp"

#include <sys/stat.h>

#include <cstring>

using namespace crash;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
const unsigned char token = 0x5a;

struct Setting
{
    const char* what;
    Environment environment;
    uint64_t size;
    MemOptions options;
    bool exists;  // the segment exists already, filled with the token
};

MemOptions with (OpenMode mode, MemOptions options = MemOptions ())
{
    options.openMode = mode;
    return options;
}

template <typename Shm>
void checkWhole (Shm& segment, uint64_t size, unsigned char value, Verdict& verdict)
{
    if (segment.size () != size)
    {
        verdict.say ("it has " + std::to_string (segment.size ()) + " bytes");
    }
    else if (!filledWith (segment.get (), size, value))
    {
        verdict.say ("its bytes are not what they were");
    }
    else
    {
        std::memset (segment.get (), value, size);
    }
}

// What a later process finds: no name or a complete segment, and no other name.
template <typename Shm>
void checkAfterwards (const Setting& setting, const std::string& name, Verdict& verdict)
{
    const unsigned char value = setting.exists ? token : 0;
    const bool visible = exists (name);
    if (visible && lockHeld (pathOf (name)))
    {
        verdict.say ("the dead one still holds the lock");
    }
    if (visible)
    {
        Shm segment (0, name.c_str (), with (OpenMode::OpenOnly));
        checkWhole (segment, setting.size, value, verdict);
    }
    {
        Shm segment (setting.size, name.c_str (), with (OpenMode::CreateOrOpen, setting.options));
        checkWhole (segment, setting.size, value, verdict);
        struct stat status = {};
        ::stat (pathOf (name).c_str (), &status);
        if (segment.created () == visible
            || (!setting.exists && (status.st_mode & 07777) != (01000 | setting.options.permissions)))
        {
            verdict.say (segment.created () == visible ? "created () is wrong"
                                                       : "its permissions are not those requested");
        }
    }
    const std::string next = name + ".next";
    Shm (setting.size, next.c_str (), with (OpenMode::CreateOnly, setting.options));
    if (names () != std::vector<std::string> {name, next})
    {
        verdict.say ("the next creator leaves " + listOf (names ()));
    }
    Shm::unlink (name.c_str ());
    Shm::unlink (next.c_str ());
}

template <typename Shm>
std::string prepare (const Setting& setting, const std::string& name)
{
    return !setting.exists ? "" : judge ([&] (Verdict&) {
        Shm segment (setting.size, name.c_str ());
        std::memset (segment.get (), token, setting.size);
    });
}

std::string where (const Setting& setting, unsigned stop, const Traced& child)
{
    return std::string (setting.what) + " " + nameOf (setting.environment) + ", stop " + std::to_string (stop) + " at "
           + callName (child.call ().number) + ": ";
}

// Runs to that stop. @return false if the tested part ended before it
bool runTo (const Setting& setting, Traced& child, unsigned stop)
{
    unsigned seen = 0;
    return !child.between (1, 2, [&] (Stop at) {
        if (at == Stop::Entry)
        {
            apply (setting.environment, child);
        }
        return seen++ != stop;
    });
}

template <typename Shm>
std::string killAt (const Setting& setting, unsigned stop, bool* inside)
{
    const std::string name = freshName ();
    const std::string before = prepare<Shm> (setting, name);
    Traced child ([&] {
        mark (1);
        Shm segment (setting.size, name.c_str (), setting.options);
        mark (2);
        return 0;
    });
    *inside = runTo (setting, child, stop);
    const std::string place = where (setting, stop, child);
    child.kill ();
    if (!before.empty () || (*inside && !WIFSIGNALED (child.status ())))
    {
        return place + (before.empty () ? "the creator ended by itself with " + describe (child.status ()) : before);
    }
    const std::string after =
        judgeIn (setting.environment, [&] (Verdict& verdict) { checkAfterwards<Shm> (setting, name, verdict); });
    return after.empty () ? "" : place + after;
}

struct Race
{
    bool created[2];
    unsigned char seen;
};

// At that stop another process runs the same operation to its end; then the first continues. Both must share one
// segment.
template <typename Shm>
std::string overtakeAt (const Setting& setting, unsigned stop, bool* inside)
{
    static Race* const race = static_cast<Race*> (sharedPages (sizeof (Race)));
    *race = Race ();
    const std::string name = freshName ();
    Traced child ([&] {
        mark (1);
        Shm segment (setting.size, name.c_str (), setting.options);
        mark (2);
        race->created[0] = segment.created ();
        race->seen = *static_cast<unsigned char*> (segment.get ());
        return 0;
    });
    *inside = runTo (setting, child, stop);
    const std::string place = where (setting, stop, child);
    const std::string other = judgeIn (setting.environment, [&] (Verdict&) {
        Shm segment (setting.size, name.c_str (), setting.options);
        race->created[1] = segment.created ();
        *static_cast<unsigned char*> (segment.get ()) = token;
    });
    const int status = finishIn (setting.environment, child);
    std::string complaint = other.empty () ? "" : "the other: " + other;
    complaint = complaint.empty () && status != 0 ? "the first ended with " + describe (status) : complaint;
    complaint = complaint.empty () && race->created[0] == race->created[1] ? "both or none created it" : complaint;
    complaint = complaint.empty () && race->seen != token ? "they have two segments" : complaint;
    complaint =
        complaint.empty () && names () != std::vector<std::string> {name} ? listOf (names ()) + " is left" : complaint;
    ::unlink (pathOf (name).c_str ());
    return complaint.empty () ? "" : place + complaint;
}

// Tries every stop. @return the first complaint
template <typename At>
std::string everywhere (const Setting& setting, unsigned* cases, At at)
{
    bool inside = true;
    std::string complaint;
    unsigned stop = 0;
    for (; inside && complaint.empty (); ++stop)
    {
        complaint = at (setting, stop, &inside);
    }
    *cases += stop;
    removeNames ();
    return complaint;
}

std::vector<Setting> settings ()
{
    std::vector<Setting> list;
    MemOptions locked;
    locked.lock = true;
    MemOptions open;
    open.permissions = 0666;
    MemOptions lazy;
    lazy.prefault = false;
    for (Environment environment : environments)
    {
        list.push_back ({"4 KiB", environment, 4 << 10, MemOptions (), false});
        list.push_back ({"4 MiB", environment, 4 << 20, MemOptions (), false});
        list.push_back ({"4 KiB, locked", environment, 4 << 10, locked, false});
        list.push_back ({"4 KiB, permissions 0666", environment, 4 << 10, open, false});
        list.push_back ({"4 MiB, without prefault", environment, 4 << 20, lazy, false});
        list.push_back ({"4 KiB, CreateOnly", environment, 4 << 10, with (OpenMode::CreateOnly), false});
    }
    list.push_back ({"opening 4 KiB", Environment::Usual, 4 << 10, MemOptions (), true});
    list.push_back ({"opening 4 MiB", Environment::Usual, 4 << 20, MemOptions (), true});
    list.push_back ({"opening 4 MiB, locked", Environment::Usual, 4 << 20, locked, true});
    return list;
}
}  // namespace

TEST_CASE ("process killed at any call leaves no partial segment", "[traced][kill]")
{
    unsigned cases = 0;
    for (Setting setting : settings ())
    {
        CHECK (everywhere (setting, &cases, killAt<ShmMem>) == "");
    }
    std::printf ("%u kills\n", cases);
}

TEST_CASE ("creator overtaken at any call shares one segment", "[traced][overtake]")
{
    unsigned cases = 0;
    for (const Setting& setting : settings ())
    {
        if (!setting.exists && setting.options.openMode == OpenMode::CreateOrOpen)
        {
            CHECK (everywhere (setting, &cases, overtakeAt<ShmMem>) == "");
        }
    }
    std::printf ("%u encounters\n", cases);
}

TEST_CASE ("plain shm_open and ftruncate fail the kill test", "[traced][kill][planted]")
{
    unsigned cases = 0;
    const Setting setting = {"baseline 4 KiB", Environment::Usual, 4 << 10, MemOptions (), false};
    const std::string killed = everywhere (setting, &cases, killAt<BaselineShm>);
    const std::string overtaken = everywhere (setting, &cases, overtakeAt<BaselineShm>);
    std::printf ("%s\n%s\n", killed.c_str (), overtaken.c_str ());
    CHECK (killed != "");
    CHECK (overtaken != "");
}
