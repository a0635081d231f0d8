// SPDX-License-Identifier: MIT
// Random functions with random, forged, stale and truncated handles, null pointers and absurd sizes: nothing crashes,
// each failure sets errno to one that the C ABI documents and has a message, each success leaves errno and the last
// error unchanged.
//
// usage: random_calls COUNT [SEED]
#include "check.h"
#include "inspect_calls.hpp"
#include "random_handles.hpp"
#include "wait_calls.hpp"

#include <cstring>
#include <set>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace
{
// The table of joinmem.h; any other errno fails this test.
const std::set<int> promised {EAGAIN, EINVAL, ENAMETOOLONG, ERANGE,  EBADF,   EOVERFLOW, ENOMEM, ENOSPC,
                              EEXIST, ENOENT, EMFILE,       EBUSY,   ENODATA, ENOSYS,    EPERM,  EACCES,
                              EPIPE,  EUSERS, ETIMEDOUT,    EBADMSG, ENOTSUP, EOWNERDEAD};

class Caller : private Handles
{
public:
    explicit Caller (uint64_t seed)
    : Handles (seed)
    {
    }

    void call ()
    {
        static const int marks[] = {0, EHWPOISON};
        const int before = marks[_random () % 2];
        before == 0 ? jm_clear_error () : (void) jm_close (0);
        const int errorBefore = jm_last_error ();
        const std::string said = jm_last_error_message ();
        errno = EXFULL;
        const bool succeeded = one ();
        const int set = errno;
        CHECK (set == (succeeded ? EXFULL : jm_last_error ()));
        if (succeeded)
        {
            CHECK (jm_last_error () == errorBefore);
            CHECK (said == jm_last_error_message ());
            ++_successes;
        }
        else
        {
            CHECK (promised.count (jm_last_error ()) == 1);
            CHECK (jm_last_error_message ()[0] != '\0');
            ++_failures;
        }
    }

    void report () const
    {
        std::printf ("%lu calls succeeded, %lu failed\n", _successes, _failures);
        CHECK (_successes > 0 && _failures > 0);
    }

private:
    bool one ()
    {
        if (_random () % 8 == 0)
        {
            return wait ();
        }
        // Creating memory costs a thousand times as much as other calls: once in 64 calls.
        if (_random () % 2 == 0)
        {
            return _random () % 32 == 0 ? createQueue () : onQueue ();
        }
        const uint64_t kind = _random () % 64 == 0 ? _random () % 3 : 3 + _random () % 14;
        switch (kind)
        {
            case 0:
                return keep (jm_local_create (size ()));
            case 1:
                return create ();
            case 2:
                return keep (jm_shm_open (size (), anyName ()));
            case 3:
                return jm_unlink (anyName ()) == 0;
            case 4:
                return touch (jm_get (handle (), size ()));
            case 5:
                return jm_mbind (handle (), number ()) == 0;
            case 6:
                return jm_mlock (handle ()) == 0;
            case 7:
                return jm_munlock (handle ()) == 0;
            case 8:
                return jm_size (handle ()) != -1;
            case 9:
                return jm_created (handle ()) != -1;
            case 10:
                return jm_node_of (handle (), size ()) != -1;
            case 11:
                return text (jm_name);
            case 12:
                return _random () % 256 == 0 ? text (jm_placement) : jm_size (handle ()) != -1;
            case 13:
                return _random () % 256 == 0 ? jm_page_size (handle ()) != -1 : jm_size (handle ()) != -1;
            case 14:
                return _random () % 2 == 0   ? initialise<jm_options> (jm_options_init)
                       : _random () % 4 == 0 ? initialise<jm_wait_options> (jm_wait_options_init)
                                             : initialise<jm_queue_options> (jm_queue_options_init);
            case 16:
                return _random () % 16 == 0 ? look () : jm_size (handle ()) != -1;
            default:
                return _random () % 8 == 0 ? close () : jm_created (handle ()) != -1;
        }
    }

    bool create ()
    {
        // The caller must provide as many bytes as struct_size states: there is room for any size that the library
        // accepts.
        union
        {
            jm_options options;
            uint32_t words[1024];
        } room = {};
        jm_options& options = room.options;
        jm_options_init (&options, sizeof options);
        for (uint64_t i = _random () % 3; i > 0; --i)
        {
            room.words[_random () % (sizeof options / 4 + 1)] = static_cast<uint32_t> (number ());
        }
        options.numa_node = options.numa_node > 0 ? 0 : options.numa_node;
        const jm_options* given = _random () % 8 == 0 ? nullptr : &options;
        const uint64_t bytes = size ();
        // Without prefault any size exists at once, but a report on its pages takes time for each of them.
        options.prefault = options.prefault == 0 && bytes > (1U << 30) ? 1 : options.prefault;
        return _random () % 2 == 0 ? keep (jm_local_create_with (bytes, given))
                                   : keep (jm_shm_open_with (bytes, anyName (), given));
    }

    template <typename Struct>
    bool initialise (int (*function) (Struct*, uint32_t))
    {
        alignas (Struct) unsigned char room[256];
        std::memset (room, 0xa5, sizeof room);
        const uint32_t size = static_cast<uint32_t> (_random () % 200);
        Struct* options = _random () % 8 == 0 ? nullptr : reinterpret_cast<Struct*> (room);
        const bool fine = function (options, size) == 0;
        CHECK (room[fine ? size : 0] == 0xa5);  // never writes past the end, or on failure
        return fine;
    }

    bool createQueue ()
    {
        union
        {
            jm_queue_options options;
            uint32_t words[1024];
        } room = {};
        jm_options memory = {};
        jm_options_init (&memory, sizeof memory);
        jm_queue_options_init (&room.options, sizeof room.options);
        for (uint64_t i = _random () % 3; i > 0; --i)
        {
            room.words[_random () % (sizeof room.options / 4 + 1)] = static_cast<uint32_t> (number ());
        }
        room.options.memory = _random () % 2 == 0 ? nullptr : &memory;
        memory.open_mode = static_cast<uint32_t> (_random () % 4);
        memory.huge = static_cast<uint32_t> (_random () % 5);
        const jm_queue_options* given = _random () % 8 == 0 ? nullptr : &room.options;
        const uint32_t kind = static_cast<uint32_t> (_random () % 5);
        const uint64_t odd = size ();  // not together with an odd element size: it must not take gigabytes
        const uint64_t capacity = _random () % 4 == 0 && odd != 2097152 ? odd : 8;
        const uint32_t bytes = capacity == 8 && _random () % 4 == 0 ? static_cast<uint32_t> (number ()) : elementBytes;
        switch (_random () % 4)
        {
            case 0:
                return keepIn (_queues, jm_queue_create (kind, capacity, bytes));
            case 1:
                return keepIn (_queues, jm_queue_create_with (kind, capacity, bytes, given));
            case 2:
                return keepIn (_queues, jm_queue_open (kind, capacity, bytes, anyName ()));
            default:
                return keepIn (_queues, jm_queue_open_with (kind, capacity, bytes, anyName (), given));
        }
    }

    // Elements of another process's queue may be larger: there is room for 64 KiB of them.
    bool onQueue ()
    {
        void* room = _random () % 8 == 0 ? nullptr : _room;
        uint64_t count = _random () % 4 == 0 ? 0 : 1 + _random () % 3;
        const int64_t timeout = int64_t (_random () % 2) * (_random () % 4 == 0 ? INT64_MIN : 1);
        switch (_random () % 20)
        {
            case 0:
                return jm_queue_try_push (queue (), room) == 0;
            case 1:
                return jm_queue_try_pop (queue (), room) == 0;
            case 2:
                return jm_queue_try_push_n (queue (), room, count) > 0;
            case 3:
                return jm_queue_try_pop_n (queue (), room, count) > 0;
            case 4:
                return jm_queue_push (queue (), room, timeout) == 0;
            case 5:
                return jm_queue_pop (queue (), room, timeout) == 0;
            case 6:
                return jm_queue_push_n (queue (), room, count, timeout) >= 0;  // 0 of 0 is a success
            case 7:
                return jm_queue_pop_n (queue (), room, count, timeout) >= 0;
            case 8:
                return jm_queue_pop_some (queue (), room, count, timeout) > 0;
            case 9:
                return _random () % 64 == 0 ? jm_queue_shutdown (queue ()) == 0 : jm_queue_capacity (queue ()) > 0;
            default:
                return inPlaceOrLook (count);
        }
    }

    bool inPlaceOrLook (uint64_t count)
    {
        uint64_t* wanted = _random () % 8 == 0 ? nullptr : &count;
        switch (_random () % 12)
        {
            case 10:
                return producers (count);
            case 11:
                return stats ();
            case 0:
                return touch (jm_queue_reserve (queue (), wanted));
            case 1:
                return jm_queue_commit (queue (), count) == 0;
            case 2:
                return touch (jm_queue_peek (queue (), wanted));
            case 3:
                return jm_queue_release (queue (), count) == 0;
            case 4:
                return jm_queue_kind (queue ()) != 0;
            case 5:
                return jm_queue_element_size (queue ()) > 0;
            case 6:
                return jm_queue_pending (queue ()) >= 0;
            case 7:
                return jm_queue_available (queue ()) >= 0;
            case 8:
                return jm_queue_tag (queue (), wanted) == 0;
            default:
                return (_random () % 2 == 0 ? jm_queue_mbind (queue (), number ()) : jm_queue_mlock (queue ())) == 0;
        }
    }

    // Often an invalid size; the largest, 4096, fits into _room for as many as are requested.
    uint32_t structSize (std::size_t right)
    {
        return _random () % 8 == 0 ? static_cast<uint32_t> (number ()) : static_cast<uint32_t> (right);
    }

    bool producers (uint64_t count)
    {
        jm_producer* list = _random () % 8 == 0 ? nullptr : reinterpret_cast<jm_producer*> (_room);
        return jm_queue_producers (queue (), list, count, structSize (sizeof (jm_producer))) >= 0;
    }

    bool stats ()
    {
        jm_queue_stats* place = _random () % 8 == 0 ? nullptr : reinterpret_cast<jm_queue_stats*> (_room);
        return jm_queue_get_stats (queue (), place, structSize (sizeof (jm_queue_stats))) == 0;
    }

    bool look ()
    {
        return lookAt (_random (), anyName (), _room, sizeof _room, structSize (sizeof (jm_producer)));
    }

    bool wait ()
    {
        uint32_t options[1024] = {};
        return _random () % 32 == 0 ? keepIn (_sets, newSet (_random (), options))
                                    : waitIn (_random (), recent (_sets), queue (), _room);
    }

    jm_handle queue ()
    {
        return recent (_queues);
    }

    static bool touch (const void* place)
    {
        return place != nullptr && *static_cast<const volatile char*> (place) + 256 != 0;  // readable, or this crashes
    }

    template <typename Function>
    bool text (Function function)
    {
        char room[64];
        const uint64_t size = _random () % (sizeof room + 1);
        std::memset (room, 0x5a, sizeof room);
        const bool null = _random () % 4 == 0;
        const int64_t length = function (handle (), null ? nullptr : room, size);
        CHECK (size == sizeof room || room[size] == 0x5a);
        return length != -1;
    }

    static constexpr uint32_t elementBytes = 24;

    alignas (8) char _room[3 * 65536] = {};
    std::vector<jm_handle> _queues;
    std::vector<jm_handle> _sets;
    unsigned long _successes = 0;
    unsigned long _failures = 0;
};
}  // namespace

// Runs in a child process, so that its names are unlinked even if it crashes.
int main (int count, char** words)
{
    const unsigned long calls = count > 1 ? std::strtoul (words[1], nullptr, 10) : 100000;
    const unsigned long seed = count > 2 ? std::strtoul (words[2], nullptr, 10) : 20260401;
    const pid_t child = ::fork ();
    if (child == 0)
    {
        Caller caller (seed);
        for (unsigned long i = 0; i < calls; ++i)
        {
            caller.call ();
        }
        caller.report ();
        return 0;
    }
    int status = 0;
    CHECK (::waitpid (child, &status, 0) == child);
    for (uint64_t i = 0; i < 4; ++i)
    {
        CHECK (jm_unlink (nameOf (child, i).c_str ()) == 0);
    }
    return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
