/* SPDX-License-Identifier: MIT */
/* Errors of the library as JavaScript errors. */
#include "addon.h"

#include <stdio.h>

static const struct {
    int error;
    const char *name;
} names[] = {
#define NAMED(error) {error, #error}
    NAMED(EACCES), NAMED(EAGAIN), NAMED(EBADF), NAMED(EBADMSG), NAMED(EBUSY), NAMED(ECANCELED), NAMED(EDEADLK),
    NAMED(EEXIST), NAMED(EFAULT), NAMED(EFBIG), NAMED(EINTR), NAMED(EINVAL), NAMED(EIO), NAMED(EISDIR), NAMED(ELOOP),
    NAMED(EMFILE), NAMED(ENAMETOOLONG), NAMED(ENFILE), NAMED(ENODATA), NAMED(ENOENT), NAMED(ENOLCK), NAMED(ENOMEM),
    NAMED(ENOSPC), NAMED(ENOSYS), NAMED(ENOTDIR), NAMED(ENOTRECOVERABLE), NAMED(ENOTSUP), NAMED(EOVERFLOW),
    NAMED(EOWNERDEAD), NAMED(EPERM), NAMED(EPIPE), NAMED(ERANGE), NAMED(EROFS), NAMED(ETIMEDOUT), NAMED(EUSERS),
#undef NAMED
};

const char *error_name(int error)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        if (names[i].error == error) {
            return names[i].name;
        }
    }
    return "EUNKNOWN";
}

napi_value fail_with(napi_env env, const char *operation, int error, const char *sentence)
{
    char text[2048];
    snprintf(text, sizeof text, "%s: %s", operation, sentence);
    napi_value code, message, made, number, syscall;
    if (napi_create_string_utf8(env, error_name(error), NAPI_AUTO_LENGTH, &code) != napi_ok
        || napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) != napi_ok
        || napi_create_error(env, code, message, &made) != napi_ok
        || napi_create_int32(env, -error, &number) != napi_ok
        || napi_create_string_utf8(env, operation, NAPI_AUTO_LENGTH, &syscall) != napi_ok) {
        return NULL; /* an exception is pending */
    }
    put(env, made, "errno", number);
    put(env, made, "syscall", syscall);
    napi_throw(env, made);
    return NULL;
}

napi_value fail(napi_env env, const char *operation)
{
    return fail_with(env, operation, jm_last_error(), jm_last_error_message());
}

napi_value fail_type(napi_env env, const char *sentence)
{
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", sentence);
    return NULL;
}
