/* Mounts, with the old and the new interface. */
#include "addon.h"
#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc before 2.36 has none of these, and its <sys/mount.h> doesn't go with <linux/mount.h>. */
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);

static int move_to(int fd, const char *target)
{
    return syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

static napi_value do_mount(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *source = text(&args, 0), *target = text(&args, 1), *type = text(&args, 2);
    unsigned long flags = integer(&args, 3);
    const char *data = text(&args, 4);
    if (!args.failed && mount(source, target, type, flags, data) < 0)
        throw_errno(&args, "mount", target);
    return finish(&args, undefined(env));
}

static napi_value do_umount(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *target = text(&args, 0);
    int flags = is_given(&args, 1) ? integer(&args, 1) : 0;
    if (!args.failed && umount2(target, flags) < 0)
        throw_errno(&args, "umount", target);
    return finish(&args, undefined(env));
}

typedef struct {
    const char *directory, *source, *target, *type, *data;
    unsigned long flags;
    int error;
} mount_request;

static void *mount_on_thread(void *data)
{
    mount_request *request = data;
    /* Only this thread changes directory. */
    if (unshare(CLONE_FS) < 0 || chdir(request->directory) < 0 ||
        mount(request->source, request->target, request->type, request->flags, request->data) < 0)
        request->error = errno;
    return NULL;
}

/* mountAt(directory, source, target, type, flags, data): mount(2) with paths relative to a directory, to keep data short. */
static napi_value mount_at(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    mount_request request = { .directory = text(&args, 0), .source = text(&args, 1), .target = text(&args, 2),
                              .type = text(&args, 3), .flags = integer(&args, 4), .data = text(&args, 5) };
    if (!args.failed) {
        pthread_t thread;
        request.error = pthread_create(&thread, NULL, mount_on_thread, &request);
        if (!request.error)
            pthread_join(thread, NULL);
        errno = request.error;
        if (request.error)
            throw_errno(&args, "mount", request.target);
    }
    return finish(&args, undefined(env));
}

static napi_value open_tree(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    unsigned flags = integer(&args, 1);
    int fd = args.failed ? -1 : (int)syscall(SYS_open_tree, AT_FDCWD, path, flags | O_CLOEXEC);
    if (fd < 0)
        throw_errno(&args, "open_tree", path);
    return finish(&args, number(env, fd));
}

static napi_value move_mount(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    const char *target = text(&args, 1);
    if (!args.failed && move_to(fd, target) < 0)
        throw_errno(&args, "move_mount", target);
    return finish(&args, undefined(env));
}

/* mountSetattr(path, flags, set, clear, propagation, usernsFd) */
static napi_value mount_setattr(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    unsigned flags = integer(&args, 1);
    struct mount_attr attr = { .attr_set = integer(&args, 2), .attr_clr = integer(&args, 3),
                               .propagation = integer(&args, 4), .userns_fd = integer(&args, 5) };
    if (!args.failed && syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof attr) < 0)
        throw_errno(&args, "mount_setattr", path);
    return finish(&args, undefined(env));
}

const binding mount_bindings[] = {
    { "mount", do_mount },           { "umount", do_umount },    { "mountAt", mount_at },
    { "openTree", open_tree },       { "moveMount", move_mount },
    { "mountSetattr", mount_setattr }, { NULL, NULL },
};
