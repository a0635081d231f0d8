/* SPDX-License-Identifier: MIT */
/* Reports, and the inspection of shared memory from outside. */
#include "addon.h"

static int64_t read_name(const void *subject, char *text, uint64_t size)
{
    return jm_name(((const object *) subject)->handle, text, size);
}

static int64_t read_placement(const void *subject, char *text, uint64_t size)
{
    return jm_placement(((const object *) subject)->handle, text, size);
}

static int64_t read_names(const void *subject, char *text, uint64_t size)
{
    (void) subject;
    return jm_segment_names(text, size);
}

static int64_t read_inspection(const void *subject, char *text, uint64_t size)
{
    return jm_inspect(subject, text, size);
}

struct pages {
    const char *name;
    uint64_t most;
};

static int64_t read_pages(const void *subject, char *text, uint64_t size)
{
    const struct pages *pages = subject;
    return jm_inspect_pages(pages->name, pages->most, text, size);
}

/* name(object), placement(object): texts; the second is JSON. */
static napi_value name_of(napi_env env, napi_callback_info info)
{
    napi_value value;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    return o == NULL ? NULL : text_of(env, "name", read_name, o);
}

static napi_value placement_of(napi_env env, napi_callback_info info)
{
    napi_value value;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    return o == NULL ? NULL : text_of(env, "placement", read_placement, o);
}

/* segmentNames(): the names, with a zero byte after each. */
static napi_value segment_names(napi_env env, napi_callback_info info)
{
    (void) info;
    return text_of(env, "segmentNames", read_names, NULL);
}

/* The functions of a name and up to four numbers. */
static char *named(napi_env env, napi_callback_info info, napi_value *values, uint64_t *numbers, size_t count)
{
    char *name = NULL;
    if (!arguments(env, info, values, count + 1)) {
        return NULL;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!to_uint64(env, values[i + 1], &numbers[i])) {
            return NULL;
        }
    }
    if (!to_text(env, values[0], &name)) {
        return NULL;
    }
    return name != NULL ? name : calloc(1, 1);
}

/* inspect(name): JSON */
static napi_value inspect(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    char *name = named(env, info, values, NULL, 0);
    napi_value made = name == NULL ? NULL : text_of(env, "inspect", read_inspection, name);
    free(name);
    return made;
}

/* inspectPages(name, most): JSON */
static napi_value inspect_pages(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    uint64_t most = 0;
    char *name = named(env, info, values, &most, 1);
    const struct pages pages = {name, most};
    napi_value made = name == NULL ? NULL : text_of(env, "inspectPages", read_pages, &pages);
    free(name);
    return made;
}

/* An array of objects. */
static napi_value list_of(napi_env env, const jm_producer *list, int64_t count)
{
    napi_value made = NULL;
    if (napi_create_array_with_length(env, (size_t) count, &made) != napi_ok) {
        return NULL;
    }
    for (int64_t i = 0; i < count; ++i) {
        napi_value one = NULL;
        if (napi_create_object(env, &one) != napi_ok || !put(env, one, "slot", from_number(env, list[i].slot))
            || !put(env, one, "pid", from_number(env, list[i].pid))
            || !put(env, one, "alive", from_truth(env, list[i].alive != 0))
            || !put(env, one, "inPush", from_truth(env, list[i].in_push != 0))
            || napi_set_element(env, made, (uint32_t) i, one) != napi_ok) {
            return NULL;
        }
    }
    return made;
}

enum { MAX_PRODUCERS = 1024 }; /* more slots than a queue can have */

/* producers(queue) and inspectProducers(name) */
static napi_value producers_of(napi_env env, napi_callback_info info)
{
    napi_value value;
    jm_producer list[MAX_PRODUCERS];
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    int64_t count = o == NULL ? -1 : jm_queue_producers(o->handle, list, MAX_PRODUCERS, sizeof *list);
    return o == NULL ? NULL : count == -1 ? fail(env, "producers") : list_of(env, list, count);
}

static napi_value inspect_producers(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    jm_producer list[MAX_PRODUCERS];
    char *name = named(env, info, values, NULL, 0);
    if (name == NULL) {
        return NULL;
    }
    int64_t count = jm_inspect_producers(name, list, MAX_PRODUCERS, sizeof *list);
    napi_value made = count == -1 ? fail(env, "inspectProducers") : list_of(env, list, count);
    free(name);
    return made;
}

/* unlink(name), removeUnused(name) and removeUnusedIfUnchanged(name, device, inode, pushed, popped) */
static napi_value with_name(napi_env env, napi_callback_info info, const char *operation, int function(const char *))
{
    napi_value values[1], made = NULL;
    char *name = named(env, info, values, NULL, 0);
    if (name != NULL) {
        made = function(name) == -1 ? fail(env, operation) : undefined(env);
    }
    free(name);
    return made;
}

static napi_value unlink_name(napi_env env, napi_callback_info info)
{
    return with_name(env, info, "unlink", jm_unlink);
}

static napi_value remove_unused(napi_env env, napi_callback_info info)
{
    return with_name(env, info, "removeUnused", jm_remove_unused);
}

static napi_value remove_unchanged(napi_env env, napi_callback_info info)
{
    napi_value values[5], made = NULL;
    uint64_t seen[4];
    char *name = named(env, info, values, seen, 4);
    if (name != NULL) {
        int result = jm_remove_unused_if_unchanged(name, seen[0], seen[1], seen[2], seen[3]);
        made = result == -1 ? fail(env, "removeUnused") : undefined(env);
    }
    free(name);
    return made;
}

const function look_functions[] = {
    {"name", name_of}, {"placement", placement_of}, {"segmentNames", segment_names}, {"inspect", inspect},
    {"inspectPages", inspect_pages}, {"producers", producers_of}, {"inspectProducers", inspect_producers},
    {"unlink", unlink_name}, {"removeUnused", remove_unused}, {"removeUnusedIfUnchanged", remove_unchanged},
    {NULL, NULL},
};
