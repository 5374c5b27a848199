/* The addon's entry, and the helpers declared in addon.h. */
#include "addon.h"
#include <stdio.h>

arguments arguments_of(napi_env env, napi_callback_info info)
{
    arguments args = { .env = env, .count = 12 };
    if (napi_get_cb_info(env, info, &args.count, args.values, NULL, NULL) != napi_ok)
        args.failed = true;
    if (args.count > 12)
        args.count = 12;
    return args;
}

napi_value finish(arguments *args, napi_value result)
{
    for (size_t i = 0; i < 12; i++)
        free(args->texts[i]);
    return args->failed ? NULL : result;
}

static void bad_argument(arguments *args, size_t index, const char *expected)
{
    if (args->failed)
        return;
    char message[100];
    snprintf(message, sizeof message, "argument %zu must be %s", index + 1, expected);
    napi_throw_type_error(args->env, "ERR_INVALID_ARG_TYPE", message);
    args->failed = true;
}

static napi_valuetype type_of(arguments *args, size_t index)
{
    napi_valuetype type = napi_undefined;
    if (index < args->count)
        napi_typeof(args->env, args->values[index], &type);
    return type;
}

bool is_given(arguments *args, size_t index)
{
    napi_valuetype type = type_of(args, index);
    return type != napi_undefined && type != napi_null;
}

int64_t integer(arguments *args, size_t index)
{
    int64_t value = 0;
    bool lossless;
    if (args->failed)
        return 0;
    if (type_of(args, index) == napi_bigint)
        napi_get_value_bigint_int64(args->env, args->values[index], &value, &lossless);
    else if (type_of(args, index) != napi_number || napi_get_value_int64(args->env, args->values[index], &value) != napi_ok)
        bad_argument(args, index, "an integer");
    return value;
}

bool boolean(arguments *args, size_t index)
{
    bool value = false;
    if (!args->failed && napi_get_value_bool(args->env, args->values[index], &value) != napi_ok)
        bad_argument(args, index, "a boolean");
    return value;
}

static char *copy_text(arguments *args, size_t index, napi_value value)
{
    bool array = false;
    size_t length = 0;
    char *copy = NULL;
    napi_is_typedarray(args->env, value, &array);
    if (array) {
        void *data;
        if (napi_get_typedarray_info(args->env, value, NULL, &length, &data, NULL, NULL) == napi_ok && length < TEXT_MAX &&
            (copy = malloc(length + 1))) {
            memcpy(copy, data, length);
            copy[length] = 0;
        }
    } else if (napi_get_value_string_utf8(args->env, value, NULL, 0, &length) == napi_ok && length < TEXT_MAX &&
               (copy = malloc(length + 1))) {
        napi_get_value_string_utf8(args->env, value, copy, length + 1, &length);
    }
    /* A NUL would cut a path short and name another file. */
    if (copy && strlen(copy) != length) {
        free(copy);
        copy = NULL;
        bad_argument(args, index, "a text without NUL bytes");
    } else if (!copy) {
        bad_argument(args, index, "a text");
    }
    return copy;
}

const char *text(arguments *args, size_t index)
{
    if (args->failed || !is_given(args, index))
        return NULL;
    free(args->texts[index]);
    return args->texts[index] = copy_text(args, index, args->values[index]);
}

uint8_t *bytes(arguments *args, size_t index, size_t *length)
{
    void *data = NULL;
    *length = 0;
    if (!args->failed &&
        (index >= args->count || napi_get_typedarray_info(args->env, args->values[index], NULL, length, &data, NULL, NULL) != napi_ok))
        bad_argument(args, index, "a Uint8Array");
    return data;
}

char **texts_of(arguments *args, size_t index, size_t *count)
{
    uint32_t length = 0;
    *count = 0;
    if (args->failed)
        return NULL;
    if (index >= args->count || napi_get_array_length(args->env, args->values[index], &length) != napi_ok) {
        bad_argument(args, index, "an array of texts");
        return NULL;
    }
    char **texts = calloc(length + 1, sizeof *texts);
    for (uint32_t i = 0; texts && i < length && !args->failed; i++) {
        napi_value element;
        napi_get_element(args->env, args->values[index], i, &element);
        texts[i] = copy_text(args, index, element);
    }
    *count = length;
    return texts;
}

void free_texts(char **texts)
{
    for (char **text = texts; text && *text; text++)
        free(*text);
    free(texts);
}

int64_t *integers_of(arguments *args, size_t index, size_t *count)
{
    uint32_t length = 0;
    *count = 0;
    if (args->failed)
        return NULL;
    if (index >= args->count || napi_get_array_length(args->env, args->values[index], &length) != napi_ok) {
        bad_argument(args, index, "an array of integers");
        return NULL;
    }
    int64_t *values = calloc(length + 1, sizeof *values);
    for (uint32_t i = 0; values && i < length; i++) {
        napi_value element;
        napi_get_element(args->env, args->values[index], i, &element);
        if (napi_get_value_int64(args->env, element, &values[i]) != napi_ok)
            bad_argument(args, index, "an array of integers");
    }
    *count = length;
    return values;
}

const char *errno_name(int error)
{
    const char *name = strerrorname_np(error);
    return name ? name : "EUNKNOWN";
}

napi_value system_error(napi_env env, int error, const char *call, const char *path, const char *detail)
{
    napi_value result;
    size_t size = strlen(call) + (path ? strlen(path) : 0) + (detail ? strlen(detail) : 0) + 160;
    char *message = malloc(size);
    snprintf(message, size, "%s%s%s: %s (%s)%s%s", call, path ? " " : "", path ? path : "", strerror(error), errno_name(error),
             detail && *detail ? ": " : "", detail ? detail : "");
    napi_create_error(env, string(env, errno_name(error)), string(env, message), &result);
    free(message);
    set(env, result, "errno", number(env, error));
    set(env, result, "syscall", string(env, call));
    if (path)
        set(env, result, "path", string(env, path));
    return result;
}

void throw_errno(arguments *args, const char *call, const char *path)
{
    int error = errno;
    if (args->failed)
        return;
    napi_throw(args->env, system_error(args->env, error, call, path, NULL));
    args->failed = true;
}

napi_value undefined(napi_env env)
{
    napi_value value;
    napi_get_undefined(env, &value);
    return value;
}

napi_value number(napi_env env, double value)
{
    napi_value result;
    napi_create_double(env, value, &result);
    return result;
}

napi_value big(napi_env env, int64_t value)
{
    napi_value result;
    napi_create_bigint_int64(env, value, &result);
    return result;
}

napi_value truth(napi_env env, bool value)
{
    napi_value result;
    napi_get_boolean(env, value, &result);
    return result;
}

napi_value string(napi_env env, const char *value)
{
    napi_value result;
    napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
    return result;
}

napi_value buffer_copy(napi_env env, const void *data, size_t length)
{
    napi_value result;
    void *copy;
    napi_create_buffer_copy(env, length, data, &copy, &result);
    return result;
}

void set(napi_env env, napi_value object, const char *name, napi_value value)
{
    napi_set_named_property(env, object, name, value);
}

void export_all(napi_env env, napi_value exports, const binding *bindings)
{
    for (; bindings->name; bindings++) {
        napi_value function;
        napi_create_function(env, bindings->name, NAPI_AUTO_LENGTH, bindings->function, NULL, &function);
        set(env, exports, bindings->name, function);
    }
}

static napi_value initialise(napi_env env, napi_value exports)
{
    const binding *const all[] = { mount_bindings, overlay_bindings, file_bindings, lock_bindings, process_bindings,
                                   thread_bindings, socket_bindings, terminal_bindings, crc_bindings };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        export_all(env, exports, all[i]);
    return exports;
}

NAPI_MODULE(lighter, initialise)
