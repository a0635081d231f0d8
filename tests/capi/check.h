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

/* Whether a message suits C callers too: a name that only C++ has appears with that of joinmem.h, or not at all. */
static inline int speaks_c (const char *sentence)
{
    static const char *const names[][2] = {
        {"CreateOrOpen", "JM_CREATE_OR_OPEN"}, {"CreateOnly", "JM_CREATE_ONLY"}, {"OpenOnly", "JM_OPEN_ONLY"},
        {"Prefer", "JM_HUGE_PREFER"},          {"Never", "JM_HUGE_NEVER"},       {"Require", "JM_HUGE_REQUIRE"},
        {"structSize", "struct_size"},         {"readOnly", "read_only"},        {"pageSize", "huge_page_size"},
        {"onlyOurs", "only_ours"},             {"ShmMem", NULL},                      {"LocalMem", NULL},               {"MemOptions", NULL},
        {"::", NULL},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i)
    {
        if (strstr (sentence, names[i][0]) != NULL
            && (names[i][1] == NULL || strstr (sentence, names[i][1]) == NULL))
        {
            return 0;
        }
    }
    return 1;
}

/* The call fails with this value and this errno, also in errno itself, and its message contains these words. */
#define CHECK_FAILS(call, value, error, words)                                                                \
    do                                                                                                        \
    {                                                                                                         \
        jm_clear_error ();                                                                                    \
        errno = 0;                                                                                            \
        CHECK ((call) == (value));                                                                            \
        CHECK (errno == (error));                                                                             \
        CHECK (jm_last_error () == (error));                                                                  \
        CHECK (strstr (jm_last_error_message (), (words)) != NULL);                                           \
        CHECK (speaks_c (jm_last_error_message ()));                                                          \
    } while (0)

#endif
