/*
 * What the addon's files share: arguments in, errors and results out. Every exported function throws an Error that
 * carries code (errno's name), errno, syscall and path.
 */
#ifndef LIGHTER_ADDON_H
#define LIGHTER_ADDON_H

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Longest path or option text taken from JavaScript. */
#define TEXT_MAX (256 * 1024)

/* The arguments of one call. `failed` is set once an exception is pending; getters then return zeros. */
typedef struct {
    napi_env env;
    size_t count;
    napi_value values[12];
    char *texts[12];
    bool failed;
} arguments;

arguments arguments_of(napi_env env, napi_callback_info info);
/* Frees the texts; returns `result`, or NULL when an exception is pending. */
napi_value finish(arguments *args, napi_value result);

bool is_given(arguments *args, size_t index);
int64_t integer(arguments *args, size_t index);
bool boolean(arguments *args, size_t index);
/* UTF-8 text, freed by finish(); NULL when undefined or null. A Uint8Array is taken as raw bytes (paths needn't be UTF-8). */
const char *text(arguments *args, size_t index);
/* Bytes of a Uint8Array. */
uint8_t *bytes(arguments *args, size_t index, size_t *length);
/* A NULL-terminated array of texts, one allocation per text and one for the array; free with free_texts(). */
char **texts_of(arguments *args, size_t index, size_t *count);
void free_texts(char **texts);
/* An array of integers; free(3) it. */
int64_t *integers_of(arguments *args, size_t index, size_t *count);

napi_value system_error(napi_env env, int error, const char *call, const char *path, const char *detail);
void throw_errno(arguments *args, const char *call, const char *path);
const char *errno_name(int error);

napi_value undefined(napi_env env);
napi_value number(napi_env env, double value);
napi_value big(napi_env env, int64_t value);
napi_value truth(napi_env env, bool value);
napi_value string(napi_env env, const char *value);
napi_value buffer_copy(napi_env env, const void *data, size_t length);
void set(napi_env env, napi_value object, const char *name, napi_value value);

typedef struct { const char *name; napi_callback function; } binding;
void export_all(napi_env env, napi_value exports, const binding *bindings);

/*
 * Waiting: a job runs on a thread of its own and settles a promise. `work` may block in poll(2) on `job->cancel`
 * (an eventfd that becomes readable on cancellation) beside whatever it waits for.
 */
typedef struct job job;
struct job {
    void (*work)(job *);
    napi_value (*result)(napi_env, job *);
    const char *call;
    int error; /* errno of a failure; ECANCELED when cancelled */
    int fd;
    int cancel;
    bool exclusive;
    size_t size;
    ssize_t length;
    uint8_t *data;
    int status;
    int code;
    /* private */
    napi_deferred deferred;
    napi_threadsafe_function settle;
};
/* Starts the job and returns {promise, cancel()}. Takes ownership of the job. */
napi_value start_job(napi_env env, job *job);

extern const binding mount_bindings[], overlay_bindings[], file_bindings[], lock_bindings[], process_bindings[], thread_bindings[],
    socket_bindings[], terminal_bindings[], crc_bindings[];

#endif
