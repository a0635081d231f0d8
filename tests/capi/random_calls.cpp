// SPDX-License-Identifier: MIT
// Random functions with random, forged, stale and truncated handles, null pointers and absurd sizes: nothing crashes,
// each failure has an errno that the C ABI promises and a sentence, each success leaves the last error as it was.
//
// usage: random_calls COUNT [SEED]
#include "check.h"

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace
{
// Of the table in joinmem.h; an errno outside of it is a failure of this test.
const std::set<int> promised {EAGAIN, EINVAL, ENAMETOOLONG, ERANGE, EBADF,   EOVERFLOW, ENOMEM, ENOSPC,
                              EEXIST, ENOENT, EMFILE,       EBUSY,  ENODATA, ENOSYS,    EPERM,  EACCES};

std::string nameOf (pid_t process, uint64_t which)
{
    return "/joinmem-random-" + std::to_string (process) + "-" + std::to_string (which);
}

class Caller
{
public:
    explicit Caller (uint64_t seed)
    : _random (seed)
    {
    }

    ~Caller ()
    {
        for (jm_handle handle : _open)
        {
            jm_close (handle);
        }
    }

    void call ()
    {
        static const int marks[] = {0, EHWPOISON};
        const int before = marks[_random () % 2];
        before == 0 ? jm_clear_error () : (void) jm_close (0);
        const int errorBefore = jm_last_error ();
        const std::string said = jm_last_error_message ();
        const bool succeeded = one ();
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
        // Making memory costs a thousand times what the other calls do: once in 64 calls.
        const uint64_t kind = _random () % 64 == 0 ? _random () % 3 : 3 + _random () % 13;
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
                return read (handle (), size ());
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
                return initialise ();
            default:
                return close ();
        }
    }

    bool read (jm_handle memory, uint64_t offset)
    {
        const volatile char* byte = static_cast<const volatile char*> (jm_get (memory, offset));
        if (byte == nullptr)
        {
            return false;
        }
        (void) *byte;  // there, or this crashes
        return true;
    }

    bool create ()
    {
        // What struct_size says is there must be there: so room for any that is believed.
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
        return _random () % 2 == 0 ? keep (jm_local_create_with (size (), given))
                                   : keep (jm_shm_open_with (size (), anyName (), given));
    }

    bool initialise ()
    {
        alignas (jm_options) unsigned char room[256];
        std::memset (room, 0xa5, sizeof room);
        const uint32_t size = static_cast<uint32_t> (_random () % 200);
        jm_options* options = _random () % 8 == 0 ? nullptr : reinterpret_cast<jm_options*> (room);
        const bool fine = jm_options_init (options, size) == 0;
        CHECK (room[fine ? size : 0] == 0xa5);  // nothing past its end is written, nor anything where it fails
        return fine;
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

    bool close ()
    {
        const jm_handle closed = handle ();
        const bool fine = jm_close (closed) == 0;
        for (std::size_t i = 0; fine && i < _open.size (); ++i)
        {
            if (_open[i] == closed)
            {
                _open.erase (_open.begin () + static_cast<std::ptrdiff_t> (i));
                _stale.push_back (closed);
            }
        }
        return fine;
    }

    bool keep (jm_handle handle)
    {
        if (handle == JM_INVALID_HANDLE)
        {
            return false;
        }
        CHECK (handle > 0);
        _open.push_back (handle);
        if (_open.size () > 16)
        {
            CHECK (jm_close (_open.front ()) == 0);
            _open.erase (_open.begin ());
        }
        return true;
    }

    jm_handle handle ()
    {
        const auto some = [this] (const std::vector<jm_handle>& from) {
            return from.empty () ? jm_handle (0) : from[_random () % from.size ()];
        };
        switch (_random () % 8)
        {
            case 0:
                return static_cast<jm_handle> (_random ());
            case 1:
                return some (_stale);
            case 2:
                return static_cast<int32_t> (some (_open));  // cut to 32 bits
            case 3:
                return some (_open) ^ (jm_handle (1) << (_random () % 63));
            default:
                return some (_open);
        }
    }

    uint64_t size ()
    {
        static const uint64_t odd[] = {
            0,          1,          4095,           4097,       INT64_MAX, uint64_t (1) << 63,
            UINT64_MAX, 1ULL << 45, UINT64_MAX - 1, 1ULL << 62, 2097152,   65536};
        return _random () % 2 == 0 ? odd[_random () % (sizeof odd / sizeof odd[0])] : _random () % 8192;
    }

    int number ()
    {
        static const int odd[] = {-1, 0, 1, 2, 3, 64, 1023, 1024, INT32_MAX, INT32_MIN, 0600, 01777};
        return odd[_random () % (sizeof odd / sizeof odd[0])];
    }

    std::string name (uint64_t which) const
    {
        return nameOf (::getpid (), which);
    }

    const char* anyName ()
    {
        static const char* const odd[] = {nullptr, "", "/", "a/b", ".", "..", "/.joinmem-x"};
        if (_random () % 4 == 0)
        {
            return odd[_random () % (sizeof odd / sizeof odd[0])];
        }
        _name = _random () % 8 == 0 ? std::string (300, 'j') : name (_random () % 4);
        return _name.c_str ();
    }

    std::mt19937_64 _random;
    std::vector<jm_handle> _open;
    std::vector<jm_handle> _stale;
    std::string _name;
    unsigned long _successes = 0;
    unsigned long _failures = 0;
};
}  // namespace

// In a process of its own, so that its names are unlinked even when it crashes.
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
