/* Overlay mounts with the new interface: one `lowerdir+` a lower (Linux 6.5), so that no page limits their number. */
#include "addon.h"
#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    /* Where relative paths begin; NULL when all are absolute. */
    const char *directory, *target, *upper, *work;
    char **lower, **options;
    unsigned attributes;
    const char *call; /* the step that failed */
    int error;
    char message[512]; /* what the file system says about a refused option */
} overlay;

static bool configure(int context, unsigned command, const char *key, const void *value)
{
    return syscall(SYS_fsconfig, context, command, key, value, 0) == 0;
}

static bool configure_all(const overlay *o, int context)
{
    if (!configure(context, FSCONFIG_SET_STRING, "source", "overlay"))
        return false;
    for (char **lower = o->lower; *lower; lower++)
        if (!configure(context, FSCONFIG_SET_STRING, "lowerdir+", *lower))
            return false;
    if (o->upper && !configure(context, FSCONFIG_SET_STRING, "upperdir", o->upper))
        return false;
    if (o->work && !configure(context, FSCONFIG_SET_STRING, "workdir", o->work))
        return false;
    for (char **option = o->options; *option; option++) {
        char *value = strchr(*option, '=');
        if (value)
            *value++ = 0;
        if (!configure(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, *option, value))
            return false;
    }
    return configure(context, FSCONFIG_CMD_CREATE, NULL, NULL);
}

/* Each message that waits in the context's descriptor is one line; the first is about the first fault. */
static void read_message(overlay *o, int context)
{
    ssize_t length = read(context, o->message, sizeof o->message - 1);
    o->message[length > 0 ? length : 0] = 0;
    o->message[strcspn(o->message, "\n")] = 0;
}

static void *mount_it(void *data)
{
    overlay *o = data;
    int context = -1, mounted = -1;
    bool ok = true;
    if (o->directory) {
        /* Only this thread changes directory. */
        o->call = "chdir";
        ok = unshare(CLONE_FS) == 0 && chdir(o->directory) == 0;
    }
    if (ok) {
        o->call = "fsopen";
        ok = (context = syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)) >= 0;
    }
    if (ok) {
        o->call = "fsconfig";
        ok = configure_all(o, context);
    }
    if (ok) {
        o->call = "fsmount";
        ok = (mounted = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, o->attributes)) >= 0;
    }
    if (ok) {
        o->call = "move_mount";
        ok = syscall(SYS_move_mount, mounted, "", AT_FDCWD, o->target, MOVE_MOUNT_F_EMPTY_PATH) == 0;
    }
    if (!ok) {
        o->error = errno;
        if (context >= 0)
            read_message(o, context);
    }
    if (mounted >= 0)
        close(mounted);
    if (context >= 0)
        close(context);
    return NULL;
}

/*
 * mountOverlay(target, lower[], upper, work, options[], attributes, directory): options are `key` or `key=value`, attributes
 * MOUNT_ATTR_*. With a directory, the paths of the layers are relative to it.
 */
static napi_value mount_overlay(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t count;
    overlay o = { .target = text(&args, 0), .call = "pthread_create" };
    o.lower = texts_of(&args, 1, &count);
    o.upper = text(&args, 2);
    o.work = text(&args, 3);
    o.options = texts_of(&args, 4, &count);
    o.attributes = integer(&args, 5);
    o.directory = text(&args, 6);
    if (!args.failed) {
        pthread_t thread;
        if (!o.directory)
            mount_it(&o);
        else if (!(o.error = pthread_create(&thread, NULL, mount_it, &o)))
            pthread_join(thread, NULL);
        if (o.error) {
            napi_throw(env, system_error(env, o.error, o.call, o.target, o.message));
            args.failed = true;
        }
    }
    free_texts(o.lower);
    free_texts(o.options);
    return finish(&args, undefined(env));
}

const binding overlay_bindings[] = { { "mountOverlay", mount_overlay }, { NULL, NULL } };
