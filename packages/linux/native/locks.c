/* Open file description locks on whole files (fcntl_locking(2)). */
#include "addon.h"
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static int set_lock(int fd, short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_SETLK, &lock);
}

static napi_value try_lock(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    bool exclusive = boolean(&args, 1);
    bool taken = false;
    if (!args.failed) {
        taken = set_lock(fd, exclusive ? F_WRLCK : F_RDLCK) == 0;
        if (!taken && errno != EAGAIN && errno != EACCES)
            throw_errno(&args, "fcntl(F_OFD_SETLK)", NULL);
    }
    return finish(&args, truth(env, taken));
}

static napi_value unlock(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (!args.failed && set_lock(fd, F_UNLCK) < 0)
        throw_errno(&args, "fcntl(F_OFD_SETLK)", NULL);
    return finish(&args, undefined(env));
}

/*
 * Tries with growing pauses of 1 to 20 ms instead of F_OFD_SETLKW: a thread that blocks in the kernel could only be
 * got out of it by a signal, and a waiter that has been cancelled must not take the lock afterwards.
 */
static void wait_for_lock(job *job)
{
    int pause = 1;
    while (set_lock(job->fd, job->exclusive ? F_WRLCK : F_RDLCK) < 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            job->error = errno;
            return;
        }
        struct pollfd cancelled = { .fd = job->cancel, .events = POLLIN };
        if (poll(&cancelled, 1, pause) > 0) {
            job->error = ECANCELED;
            return;
        }
        if (pause < 20)
            pause = pause * 3 / 2 + 1;
    }
}

static napi_value nothing(napi_env env, job *job)
{
    (void)job;
    return undefined(env);
}

static napi_value wait_lock(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    bool exclusive = boolean(&args, 1);
    if (args.failed)
        return finish(&args, NULL);
    job *job = calloc(1, sizeof *job);
    job->work = wait_for_lock;
    job->result = nothing;
    job->call = "fcntl(F_OFD_SETLK)";
    job->fd = fd;
    job->exclusive = exclusive;
    return finish(&args, start_job(env, job));
}

const binding lock_bindings[] = { { "tryLock", try_lock }, { "unlock", unlock }, { "waitLock", wait_lock }, { NULL, NULL } };
