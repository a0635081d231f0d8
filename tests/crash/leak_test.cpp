// SPDX-License-Identifier: MIT
// Many rounds of creation and destruction leave the process and the machine unchanged.
#include <catch2/catch.hpp>

#include "baseline.hpp"
#include "world.hpp"

#include <sys/statvfs.h>

#include <cstdlib>
#include <fstream>

using namespace crash;
using join::HugePages;
using join::LocalMem;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
struct Machine
{
    uint64_t pool = 0;    // HugePages_Free
    uint64_t blocks = 0;  // free blocks of /dev/shm
    std::string names;
};

Machine look ()
{
    Machine machine;
    std::ifstream lines ("/proc/meminfo");
    for (std::string word; lines >> word;)
    {
        if (word == "HugePages_Free:")
        {
            lines >> machine.pool;
        }
    }
    struct statvfs room = {};
    ::statvfs ("/dev/shm", &room);
    machine.blocks = room.f_bfree;
    machine.names = listOf (names ());
    return machine;
}

// The first round is not counted: what a process does once is no leak. `alone`: no other process uses this /dev/shm.
template <typename Round>
std::string repeat (unsigned rounds, bool alone, Round round)
{
    return judge ([&] (Verdict& verdict) {
        Footprint::settle ();
        static Footprint before;
        static Footprint after;
        round ();
        before.take ();
        const Machine first = look ();
        for (unsigned i = 0; i < rounds; ++i)
        {
            round ();
        }
        const Machine last = look ();
        after.take ();
        verdict.say (before.differs (after));
        if (last.names != first.names || (alone && last.blocks != first.blocks))
        {
            verdict.say ("/dev/shm has " + last.names + ", " + std::to_string (last.blocks) + " free blocks instead of "
                         + std::to_string (first.blocks));
        }
        if (last.pool != first.pool)
        {
            verdict.say ("HugePages_Free is " + std::to_string (last.pool) + " and was " + std::to_string (first.pool));
        }
    });
}

template <typename Memory>
void makeLocal (uint64_t size, const MemOptions& options = MemOptions ())
{
    Memory memory (size, options);
    static_cast<char*> (memory.get ())[size - 1] = 1;
}

template <typename Shm>
void makeShared (uint64_t size)
{
    static const std::string name = freshName ();
    {
        Shm segment (size, name.c_str ());
        static_cast<char*> (segment.get ())[size - 1] = 1;
    }
    Shm::unlink (name.c_str ());
}

void check (unsigned small, unsigned large)
{
    const bool alone = privateShm ();
    CHECK (repeat (small, false, [] { makeLocal<LocalMem> (4 << 10); }) == "");
    CHECK (repeat (small, alone, [] { makeShared<ShmMem> (4 << 10); }) == "");
    CHECK (repeat (large, false, [] { makeLocal<LocalMem> (64 << 20); }) == "");
    CHECK (repeat (large, alone, [] { makeShared<ShmMem> (64 << 20); }) == "");
    CHECK (repeat (large, false, [] { makeLocal<LocalMem> ((3 << 20) + 4096); }) == "");
    CHECK (repeat (large, alone, [] { makeShared<ShmMem> ((3 << 20) + 4096); }) == "");
}

// Constructors that throw, each after more steps have succeeded.
template <typename Shm>
void failShared ()
{
    static const std::string name = freshName ();
    static const std::string none = freshName ();
    const auto attempt = [] (uint64_t size, const std::string& of, OpenMode mode) {
        MemOptions options;
        options.openMode = mode;
        try
        {
            Shm segment (size, of.c_str (), options);
        }
        catch (const std::system_error&)
        {
            return;
        }
        throw std::runtime_error ("what must fail did not");
    };
    {
        Shm segment (4096, name.c_str ());
        attempt (4096, name, OpenMode::CreateOnly);
        attempt (8192, name, OpenMode::CreateOrOpen);
        attempt (4096, none, OpenMode::OpenOnly);
    }
    Shm::unlink (name.c_str ());
}

// Restores the number of reserved huge pages, also when this process is killed: a guardian process outlives it.
class Pool
{
public:
    explicit Pool (unsigned pages)
    {
        std::ifstream (setting) >> _before;
        if (::pipe (_life) == -1)
        {
            throw std::runtime_error ("pipe");
        }
        _guardian = ::fork ();
        if (_guardian == 0)
        {
            char byte = 0;
            ::setsid ();
            ::close (_life[1]);
            while (::read (_life[0], &byte, 1) == -1)
            {
            }
            std::ofstream (setting) << _before << std::flush;
            ::_exit (0);
        }
        ::close (_life[0]);
        std::ofstream (setting) << pages << std::flush;
        std::ifstream (setting) >> _now;
    }

    Pool (const Pool&) = delete;
    Pool& operator= (const Pool&) = delete;

    ~Pool ()
    {
        ::close (_life[1]);
        await (_guardian);
    }

    unsigned pages () const
    {
        return _now;
    }

private:
    static constexpr const char* setting = "/proc/sys/vm/nr_hugepages";

    unsigned _before = 0;
    unsigned _now = 0;
    int _life[2] = {-1, -1};
    pid_t _guardian = -1;
};
}  // namespace

TEST_CASE ("mappings, descriptors, names and huge pages return unchanged", "[leak][exact]")
{
    check (2000, 20);
    CHECK (repeat (2000, privateShm (), failShared<ShmMem>) == "");
}

TEST_CASE ("100000 small and 1000 large memories leak nothing", "[.][leaks][exact]")
{
    check (100000, 1000);
    CHECK (repeat (20000, privateShm (), failShared<ShmMem>) == "");
}

TEST_CASE ("memory from the reserved pool preserves HugePages_Free", "[.][pool][exact]")
{
    const Pool pool (40);
    if (pool.pages () < 40)
    {
        std::printf ("SKIP: no 40 huge pages can be reserved here (vm.nr_hugepages gives %u)\n", pool.pages ());
        std::exit (77);
    }
    MemOptions options;
    options.huge = HugePages::Require;
    options.hugePageSize = 2 << 20;
    for (uint64_t size : {uint64_t (4) << 10, uint64_t (3) << 20, uint64_t (64) << 20})
    {
        CHECK (repeat (500, false, [=] { makeLocal<LocalMem> (size, options); }) == "");
    }
}

TEST_CASE ("leak check detects mappings, descriptors and names", "[leak][exact][planted]")
{
    const auto forgetMapping = [] { ::mmap (nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); };
    const auto forgetDescriptor = [] { return ::dup (1) == -1; };
    const auto forgetName = [] { BaselineShm (4096, freshName ().c_str ()); };
    const std::string complaints[] = {repeat (10, false, forgetMapping), repeat (10, false, forgetDescriptor),
                                      repeat (10, false, forgetName)};
    for (const std::string& complaint : complaints)
    {
        std::printf ("%s\n", complaint.c_str ());
        CHECK (complaint != "");
    }
    removeNames ();
}
