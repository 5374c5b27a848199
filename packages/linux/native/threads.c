/* Namespaces and roots of the calling thread, and namespaces made on a thread of their own. */
#include "addon.h"
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static napi_value unshare_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int flags = integer(&args, 0);
    if (!args.failed && unshare(flags) < 0)
        throw_errno(&args, "unshare", NULL);
    return finish(&args, undefined(env));
}

static napi_value setns_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0), type = integer(&args, 1);
    if (!args.failed && setns(fd, type) < 0)
        throw_errno(&args, "setns", NULL);
    return finish(&args, undefined(env));
}

static napi_value chroot_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    if (!args.failed && chroot(path) < 0)
        throw_errno(&args, "chroot", path);
    return finish(&args, undefined(env));
}

static napi_value fchdir_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (!args.failed && fchdir(fd) < 0)
        throw_errno(&args, "fchdir", NULL);
    return finish(&args, undefined(env));
}

typedef struct {
    const char *path, *step;
    int error;
} pinning;

static bool raise_loopback(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool ok = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return ok;
}

/* The namespace is this thread's own and lives on through the bind mount when the thread has gone. */
static void *pin_on_thread(void *data)
{
    pinning *p = data;
    p->step = "unshare(CLONE_NEWNET)";
    if (unshare(CLONE_NEWNET) < 0)
        goto failed;
    p->step = "ioctl(SIOCSIFFLAGS)";
    if (!raise_loopback())
        goto failed;
    p->step = "open";
    int fd = open(p->path, O_CREAT | O_EXCL | O_CLOEXEC | O_RDONLY, 0444);
    if (fd < 0)
        goto failed;
    close(fd);
    p->step = "mount";
    if (mount("/proc/thread-self/ns/net", p->path, NULL, MS_BIND, NULL) == 0)
        return NULL;
    int error = errno;
    unlink(p->path);
    errno = error;
failed:
    p->error = errno;
    return NULL;
}

static napi_value pin_network_namespace(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    pinning p = { .path = text(&args, 0) };
    if (!args.failed) {
        pthread_t thread;
        p.step = "pthread_create";
        int error = pthread_create(&thread, NULL, pin_on_thread, &p);
        if (!error)
            pthread_join(thread, NULL);
        errno = error ? error : p.error;
        if (errno)
            throw_errno(&args, p.step, p.path);
    }
    return finish(&args, undefined(env));
}

const binding thread_bindings[] = {
    { "unshare", unshare_ }, { "setns", setns_ }, { "chroot", chroot_ }, { "fchdir", fchdir_ },
    { "pinNetworkNamespace", pin_network_namespace }, { NULL, NULL },
};
