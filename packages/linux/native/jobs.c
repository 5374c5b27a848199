/* Jobs that wait on threads of their own, so that neither the main thread nor libuv's pool ever blocks. */
#include "addon.h"
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *run(void *data)
{
    job *job = data;
    job->work(job);
    /* The job is settled, and freed, on the thread of JavaScript. */
    napi_call_threadsafe_function(job->settle, job, napi_tsfn_blocking);
    return NULL;
}

static void settle(napi_env env, napi_value unused_function, void *unused_context, void *data)
{
    (void)unused_function;
    (void)unused_context;
    job *job = data;
    if (env) {
        if (job->error)
            napi_reject_deferred(env, job->deferred, system_error(env, job->error, job->call, NULL, NULL));
        else
            napi_resolve_deferred(env, job->deferred, job->result(env, job));
    }
    napi_release_threadsafe_function(job->settle, napi_tsfn_release);
    close(job->cancel);
    free(job->data);
    free(job);
}

/* Writing to a copy of the eventfd: the job's own is closed, and its number taken by another file, once it has settled. */
static napi_value cancel(napi_env env, napi_callback_info info)
{
    void *data;
    uint64_t one = 1;
    size_t count = 0;
    napi_get_cb_info(env, info, &count, NULL, NULL, &data);
    if (write(*(int *)data, &one, sizeof one) < 0) {
        /* Only EAGAIN is possible: it is cancelled already. */
    }
    return undefined(env);
}

static void free_handle(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    close(*(int *)data);
    free(data);
}

napi_value start_job(napi_env env, job *job)
{
    napi_value promise, handle, function, name = string(env, job->call);
    pthread_t thread;
    pthread_attr_t attributes;
    int *copy = malloc(sizeof *copy);

    job->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    *copy = dup(job->cancel);
    napi_create_promise(env, &job->deferred, &promise);
    napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, settle, &job->settle);
    napi_create_object(env, &handle);
    napi_create_function(env, "cancel", NAPI_AUTO_LENGTH, cancel, copy, &function);
    napi_add_finalizer(env, function, copy, free_handle, NULL, NULL);
    set(env, handle, "promise", promise);
    set(env, handle, "cancel", function);

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    int error = pthread_create(&thread, &attributes, run, job);
    pthread_attr_destroy(&attributes);
    if (error) {
        job->error = error;
        napi_call_threadsafe_function(job->settle, job, napi_tsfn_blocking);
    }
    return handle;
}
