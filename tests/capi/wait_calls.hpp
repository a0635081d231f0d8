// SPDX-License-Identifier: MIT
/// Calls one of the functions of wait sets, with handles and arguments that may be invalid.
#ifndef JOIN_TESTS_CAPI_WAIT_CALLS_HPP
#define JOIN_TESTS_CAPI_WAIT_CALLS_HPP

#include <joinmem.h>

#include <cstdint>

/// @param choice selects the function and the arguments
/// @param room for 32 events
/// @return whether it succeeded
inline bool waitIn (uint64_t choice, jm_handle set, jm_handle queue, char* room)
{
    const uint32_t ready = static_cast<uint32_t> (choice / 16 % 4 == 0 ? choice >> 32 : choice / 64 % 3 + 1);
    const uint64_t amount = choice / 16 % 8 == 0 ? choice >> 8 : 1;
    const auto events = choice / 16 % 8 == 0 ? nullptr : reinterpret_cast<jm_wait_event*> (room);
    const int64_t timeout = choice / 128 % 8 == 0 ? INT64_MIN : static_cast<int64_t> (choice / 128 % 2);
    switch (choice % 16)
    {
        case 0:
        case 1:
        case 2:
            return jm_wait_add (set, queue, ready, choice, amount) == 0;
        case 3:
            return jm_wait_modify (set, queue, ready, choice, amount) == 0;
        case 4:
            return jm_wait_remove (set, queue) == 0;
        case 5:
            return jm_wait_size (set) != -1;
        case 6:
            return choice / 16 % 64 == 0 ? jm_wait_fd (set) != -1 : jm_wait_size (set) != -1;
        case 7:
            return jm_wait_wake (set) == 0;
        case 8:
            return jm_queue_await_element (queue, amount, timeout) == 0;
        case 9:
            return jm_queue_await_room (queue, amount, timeout) == 0;
        default:
            return jm_wait (set, events, choice / 16 % 32, timeout) != -1;
    }
}

/// Creates a set. @param words a jm_wait_options with anything after it, up to any struct_size that is accepted
inline jm_handle newSet (uint64_t choice, uint32_t* words)
{
    const auto options = reinterpret_cast<jm_wait_options*> (words);
    jm_wait_options_init (options, sizeof *options);
    if (choice / 4 % 4 == 0)
    {
        words[choice / 16 % 2] = static_cast<uint32_t> (choice >> 32) % 16;
    }
    return choice % 4 == 0 ? jm_wait_create () : jm_wait_create_with (choice % 4 == 1 ? nullptr : options);
}

#endif
