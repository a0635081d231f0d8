/* SPDX-License-Identifier: MIT */
/* Arguments from JavaScript, and results for it. lib/ checks what the program gives; these checks protect memory. */
#include "addon.h"

bool arguments(napi_env env, napi_callback_info info, napi_value *values, size_t count)
{
    size_t given = count;
    return napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok;
}

void *native(napi_env env, napi_value value)
{
    void *found = NULL;
    if (napi_get_value_external(env, value, &found) != napi_ok) {
        fail_type(env, "this is no object of the addon");
        return NULL;
    }
    return found;
}

static napi_valuetype type_of(napi_env env, napi_value value)
{
    napi_valuetype type = napi_undefined;
    napi_typeof(env, value, &type);
    return type;
}

bool is_undefined(napi_env env, napi_value value)
{
    napi_valuetype type = type_of(env, value);
    return type == napi_undefined || type == napi_null;
}

bool to_int64(napi_env env, napi_value value, int64_t *number)
{
    bool lossless = false;
    if (napi_get_value_int64(env, value, number) == napi_ok) {
        return true;
    }
    if (napi_get_value_bigint_int64(env, value, number, &lossless) == napi_ok && lossless) {
        return true;
    }
    fail_type(env, "a number is expected");
    return false;
}

bool to_uint64(napi_env env, napi_value value, uint64_t *number)
{
    double real = 0;
    bool lossless = false;
    if (napi_get_value_double(env, value, &real) == napi_ok) {
        if (real >= 0 && real <= 9007199254740992.0 && real == (double) (uint64_t) real) {
            *number = (uint64_t) real;
            return true;
        }
    } else if (napi_get_value_bigint_uint64(env, value, number, &lossless) == napi_ok && lossless) {
        return true;
    }
    fail_with(env, "argument", EINVAL, "a whole number from 0 is expected: Invalid argument");
    return false;
}

bool to_int32(napi_env env, napi_value value, int32_t *number)
{
    if (napi_get_value_int32(env, value, number) == napi_ok) {
        return true;
    }
    fail_type(env, "a number is expected");
    return false;
}

bool to_text(napi_env env, napi_value value, char **text)
{
    *text = NULL;
    if (is_undefined(env, value)) {
        return true;
    }
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
        fail_type(env, "a name has to be a string");
        return false;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        fail_with(env, "argument", ENOMEM, "no memory for a name: Cannot allocate memory");
        return false;
    }
    napi_get_value_string_utf8(env, value, copy, length + 1, &length);
    if (strlen(copy) != length) {
        free(copy);
        fail_with(env, "argument", EINVAL, "a name contains a zero byte: Invalid argument");
        return false;
    }
    *text = copy;
    return true;
}

bool to_bytes(napi_env env, napi_value value, void **bytes, size_t *length)
{
    static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8}; /* in the order of napi_typedarray_type */
    napi_typedarray_type type;
    size_t elements = 0;
    if (napi_get_typedarray_info(env, value, &type, &elements, bytes, NULL, NULL) != napi_ok
        || (size_t) type >= sizeof sizes / sizeof *sizes) {
        fail_type(env, "a typed array is expected");
        return false;
    }
    *length = elements * sizes[type];
    return true;
}

/* Whether the property is there and not undefined. */
static bool property(napi_env env, napi_value options, const char *name, napi_value *value)
{
    return napi_get_named_property(env, options, name, value) == napi_ok && !is_undefined(env, *value);
}

bool option_uint64(napi_env env, napi_value options, const char *name, uint64_t *number)
{
    napi_value value;
    return !property(env, options, name, &value) || to_uint64(env, value, number);
}

bool option_uint32(napi_env env, napi_value options, const char *name, uint32_t *number)
{
    uint64_t wide = *number;
    if (!option_uint64(env, options, name, &wide)) {
        return false;
    }
    if (wide > UINT32_MAX) {
        fail_with(env, name, EINVAL, "the option is larger than 32 bits: Invalid argument");
        return false;
    }
    *number = (uint32_t) wide;
    return true;
}

bool memory_options(napi_env env, napi_value options, jm_options *into)
{
    if (jm_options_init(into, sizeof *into) == -1) {
        fail(env, "options");
        return false;
    }
    napi_value node;
    return (!property(env, options, "node", &node) || to_int32(env, node, &into->numa_node))
        && option_uint32(env, options, "huge", &into->huge)
        && option_uint64(env, options, "hugePageSize", &into->huge_page_size)
        && option_uint32(env, options, "prefault", &into->prefault)
        && option_uint32(env, options, "lock", &into->lock)
        && option_uint32(env, options, "mode", &into->open_mode)
        && option_uint32(env, options, "permissions", &into->permissions)
        && option_uint32(env, options, "readOnly", &into->read_only)
        && option_uint32(env, options, "onlyOurs", &into->only_ours);
}

napi_value from_number(napi_env env, double number)
{
    napi_value value = NULL;
    napi_create_double(env, number, &value);
    return value;
}

napi_value from_truth(napi_env env, bool truth)
{
    napi_value value = NULL;
    napi_get_boolean(env, truth, &value);
    return value;
}

napi_value undefined(napi_env env)
{
    napi_value value = NULL;
    napi_get_undefined(env, &value);
    return value;
}

bool put(napi_env env, napi_value into, const char *name, napi_value value)
{
    return napi_set_named_property(env, into, name, value) == napi_ok;
}

napi_value text_of(napi_env env, const char *operation, read_text *read, const void *subject)
{
    uint64_t size = 4096;
    for (;;) {
        char *text = malloc(size);
        if (text == NULL) {
            return fail_with(env, operation, ENOMEM, "no memory for a report: Cannot allocate memory");
        }
        int64_t length = read(subject, text, size);
        napi_value value = NULL;
        if (length >= 0 && (uint64_t) length < size) {
            napi_create_string_utf8(env, text, (size_t) length, &value);
            free(text);
            return value;
        }
        free(text);
        if (length < 0) {
            return fail(env, operation);
        }
        size = 2 * (uint64_t) length + 1;
    }
}
