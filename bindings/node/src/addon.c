/* SPDX-License-Identifier: MIT */
/* The entry of the addon: registers all functions. */
#include "addon.h"

/* version() returns that of the loaded library. */
static napi_value version(napi_env env, napi_callback_info info)
{
    (void) info;
    napi_value text = NULL;
    napi_create_string_utf8(env, jm_version_string(), NAPI_AUTO_LENGTH, &text);
    return text;
}

/* error(operation, errno, sentence) throws an error that looks like the library's. */
static napi_value error(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    int32_t number = 0;
    char *operation = NULL, *sentence = NULL;
    if (arguments(env, info, values, 3) && to_text(env, values[0], &operation) && to_int32(env, values[1], &number)
        && to_text(env, values[2], &sentence)) {
        fail_with(env, operation, number, sentence);
    }
    free(operation);
    free(sentence);
    return NULL;
}

static const function general_functions[] = {{"version", version}, {"error", error}, {NULL, NULL}};

static bool add_functions(napi_env env, napi_value exports, const function *table)
{
    for (; table->name != NULL; ++table) {
        napi_value made;
        if (napi_create_function(env, table->name, NAPI_AUTO_LENGTH, table->callback, NULL, &made) != napi_ok
            || napi_set_named_property(env, exports, table->name, made) != napi_ok) {
            return false;
        }
    }
    return true;
}

static bool add_constant(napi_env env, napi_value exports, const char *name, double number)
{
    return put(env, exports, name, from_number(env, number));
}

NAPI_MODULE_INIT()
{
    const function *tables[] = {general_functions, memory_functions, queue_functions, element_functions, set_functions,
                                look_functions};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
        if (!add_functions(env, exports, tables[i])) {
            return NULL;
        }
    }
#define CONSTANT(name) add_constant(env, exports, #name, name)
    bool good = CONSTANT(JM_HUGE_PREFER) && CONSTANT(JM_HUGE_NEVER) && CONSTANT(JM_HUGE_REQUIRE)
        && CONSTANT(JM_CREATE_OR_OPEN) && CONSTANT(JM_CREATE_ONLY) && CONSTANT(JM_OPEN_ONLY) && CONSTANT(JM_SPSC)
        && CONSTANT(JM_MPSC) && CONSTANT(JM_MPMC) && CONSTANT(JM_READY_ELEMENT) && CONSTANT(JM_READY_ROOM)
        && CONSTANT(JM_READY_END) && CONSTANT(JM_READY_PRODUCERS_DEAD) && CONSTANT(JM_READY_DAMAGED)
        && CONSTANT(EROFS) && CONSTANT(ETIMEDOUT) && CONSTANT(ECANCELED) && CONSTANT(EINVAL) && CONSTANT(EBUSY)
        && CONSTANT(EBADF);
#undef CONSTANT
    return good ? exports : NULL;
}
