/* SPDX-License-Identifier: MIT */
/* A check that fails the test, in C and C++. */
#ifndef JOIN_TESTS_CAPI_CHECK_H
#define JOIN_TESTS_CAPI_CHECK_H

#include <joinmem.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                                      \
    do                                                                                                        \
    {                                                                                                         \
        if (!(condition))                                                                                     \
        {                                                                                                     \
            fprintf (stderr, "%s:%d: %s (last error %d: %s)\n", __FILE__, __LINE__, #condition,               \
                     jm_last_error (), jm_last_error_message ());                                             \
            exit (1);                                                                                         \
        }                                                                                                     \
    } while (0)

/* The call fails with this value and this errno, and its sentence has these words. */
#define CHECK_FAILS(call, value, error, words)                                                                \
    do                                                                                                        \
    {                                                                                                         \
        jm_clear_error ();                                                                                    \
        CHECK ((call) == (value));                                                                            \
        CHECK (jm_last_error () == (error));                                                                  \
        CHECK (strstr (jm_last_error_message (), (words)) != NULL);                                           \
    } while (0)

#endif
