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

static int fs_open(const char *type) { return syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }
static int fs_config(int fd, unsigned command, const char *key, const void *value, int aux)
{
    return syscall(SYS_fsconfig, fd, command, key, value, aux);
}
static int fs_mount(int fd, unsigned attributes) { return syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes); }
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

/* What the file system says about a refused option is read from the context's descriptor. */
static void throw_context_error(arguments *args, int context, const char *call, const char *path)
{
    int error = errno;
    char message[512];
    ssize_t length = context < 0 ? -1 : read(context, message, sizeof message - 1);
    message[length > 0 ? length : 0] = 0;
    message[strcspn(message, "\n")] = 0;
    napi_throw(args->env, system_error(args->env, error, call, path, message));
    args->failed = true;
}

/*
 * mountOverlay(target, lower[], upper, work, options[], attributes): the new interface with one `lowerdir+` a lower
 * (Linux 6.5), so that no page limits their number. options are `key` or `key=value`; attributes MOUNT_ATTR_*.
 */
static napi_value mount_overlay(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t lowers, count;
    const char *target = text(&args, 0);
    char **lower = texts_of(&args, 1, &lowers);
    const char *upper = text(&args, 2), *work = text(&args, 3);
    char **options = texts_of(&args, 4, &count);
    unsigned attributes = integer(&args, 5);
    if (!args.failed) {
        int context = fs_open("overlay"), mounted = -1;
        bool ok = context >= 0 && fs_config(context, FSCONFIG_SET_STRING, "source", "overlay", 0) == 0;
        const char *call = context < 0 ? "fsopen" : "fsconfig";
        for (size_t i = 0; ok && i < lowers; i++)
            ok = fs_config(context, FSCONFIG_SET_STRING, "lowerdir+", lower[i], 0) == 0;
        if (ok && upper)
            ok = fs_config(context, FSCONFIG_SET_STRING, "upperdir", upper, 0) == 0;
        if (ok && work)
            ok = fs_config(context, FSCONFIG_SET_STRING, "workdir", work, 0) == 0;
        for (size_t i = 0; ok && i < count; i++) {
            char *value = strchr(options[i], '=');
            if (value)
                *value++ = 0;
            ok = value ? fs_config(context, FSCONFIG_SET_STRING, options[i], value, 0) == 0
                       : fs_config(context, FSCONFIG_SET_FLAG, options[i], NULL, 0) == 0;
        }
        ok = ok && fs_config(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
        if (ok) {
            call = "fsmount";
            ok = (mounted = fs_mount(context, attributes)) >= 0;
        }
        if (ok) {
            call = "move_mount";
            ok = move_to(mounted, target) == 0;
        }
        if (!ok)
            throw_context_error(&args, context, call, target);
        if (mounted >= 0)
            close(mounted);
        if (context >= 0)
            close(context);
    }
    free_texts(lower);
    free_texts(options);
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
    { "mountOverlay", mount_overlay }, { "openTree", open_tree }, { "moveMount", move_mount },
    { "mountSetattr", mount_setattr }, { NULL, NULL },
};
