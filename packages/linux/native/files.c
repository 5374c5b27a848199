/* Files: what node:fs can't do. Paths may be texts or raw bytes. */
#include "addon.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static napi_value openat2_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int directory = integer(&args, 0);
    const char *path = text(&args, 1);
    struct open_how how = { .flags = (uint64_t)integer(&args, 2) | O_CLOEXEC, .mode = integer(&args, 3), .resolve = integer(&args, 4) };
    int fd = -1;
    /* EAGAIN: a rename elsewhere raced with a `..`; the manual says to try again. */
    for (int attempt = 0; !args.failed && attempt < 64; attempt++) {
        fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    if (fd < 0)
        throw_errno(&args, "openat2", path);
    return finish(&args, number(env, fd));
}

static napi_value mknod_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    mode_t mode = integer(&args, 1);
    dev_t device = makedev(integer(&args, 2), integer(&args, 3));
    if (!args.failed && mknod(path, mode, device) < 0)
        throw_errno(&args, "mknod", path);
    return finish(&args, undefined(env));
}

static napi_value status_of(napi_env env, const struct stat *st)
{
    napi_value result;
    napi_create_object(env, &result);
    set(env, result, "mode", number(env, st->st_mode));
    set(env, result, "uid", number(env, st->st_uid));
    set(env, result, "gid", number(env, st->st_gid));
    set(env, result, "size", number(env, st->st_size));
    set(env, result, "dev", number(env, st->st_dev));
    set(env, result, "ino", number(env, st->st_ino));
    set(env, result, "nlink", number(env, st->st_nlink));
    set(env, result, "rdevMajor", number(env, major(st->st_rdev)));
    set(env, result, "rdevMinor", number(env, minor(st->st_rdev)));
    set(env, result, "atimeNs", big(env, st->st_atim.tv_sec * 1000000000LL + st->st_atim.tv_nsec));
    set(env, result, "mtimeNs", big(env, st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec));
    return result;
}

static napi_value lstat_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    struct stat st = { 0 };
    if (!args.failed && lstat(path, &st) < 0)
        throw_errno(&args, "lstat", path);
    return finish(&args, args.failed ? NULL : status_of(env, &st));
}

static napi_value fstat_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    struct stat st = { 0 };
    if (!args.failed && fstat(fd, &st) < 0)
        throw_errno(&args, "fstat", NULL);
    return finish(&args, args.failed ? NULL : status_of(env, &st));
}

static struct timespec timespec_of(int64_t nanoseconds)
{
    struct timespec t = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
    if (t.tv_nsec < 0) { /* before 1970 */
        t.tv_sec--;
        t.tv_nsec += 1000000000;
    }
    return t;
}

static napi_value lutimes_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    struct timespec times[2] = { timespec_of(integer(&args, 1)), timespec_of(integer(&args, 2)) };
    if (!args.failed && utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0)
        throw_errno(&args, "utimensat", path);
    return finish(&args, undefined(env));
}

static napi_value lsetxattr_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t length;
    const char *path = text(&args, 0), *name = text(&args, 1);
    uint8_t *value = bytes(&args, 2, &length);
    if (!args.failed && lsetxattr(path, name, value, length, 0) < 0)
        throw_errno(&args, "lsetxattr", path);
    return finish(&args, undefined(env));
}

/* XATTR_SIZE_MAX, the kernel's own bound on one value and on a list. */
#define XATTR_BOUND 65536

static napi_value lgetxattr_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0), *name = text(&args, 1);
    napi_value result = undefined(env);
    char value[XATTR_BOUND];
    ssize_t length = args.failed ? -1 : lgetxattr(path, name, value, sizeof value);
    if (length >= 0)
        result = buffer_copy(env, value, length);
    else if (!args.failed && errno != ENODATA && errno != ENOTSUP)
        throw_errno(&args, "lgetxattr", path);
    return finish(&args, result);
}

static napi_value llistxattr_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    napi_value result;
    char names[XATTR_BOUND];
    napi_create_array(env, &result);
    ssize_t length = args.failed ? 0 : llistxattr(path, names, sizeof names);
    if (length < 0 && errno != ENOTSUP)
        throw_errno(&args, "llistxattr", path);
    uint32_t index = 0;
    for (char *name = names; name < names + length; name += strlen(name) + 1)
        napi_set_element(env, result, index++, string(env, name));
    return finish(&args, result);
}

static napi_value lremovexattr_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0), *name = text(&args, 1);
    if (!args.failed && lremovexattr(path, name) < 0)
        throw_errno(&args, "lremovexattr", path);
    return finish(&args, undefined(env));
}

static napi_value syncfs_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (!args.failed && syncfs(fd) < 0)
        throw_errno(&args, "syncfs", NULL);
    return finish(&args, undefined(env));
}

static napi_value renameat2_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *from = text(&args, 0), *to = text(&args, 1);
    unsigned flags = integer(&args, 2);
    if (!args.failed && renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) < 0)
        throw_errno(&args, "renameat2", to);
    return finish(&args, undefined(env));
}

static napi_value reflink(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int from = integer(&args, 0), to = integer(&args, 1);
    bool shared = !args.failed && ioctl(to, FICLONE, from) == 0;
    return finish(&args, truth(env, shared));
}

/*
 * writeNewFile(path, data, mode, uid, gid, atimeNs, mtimeNs): a whole small file in one call instead of six. The path
 * must not exist (O_EXCL): the caller has removed what was there.
 */
static napi_value write_new_file(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t length;
    const char *path = text(&args, 0);
    uint8_t *data = bytes(&args, 1, &length);
    mode_t mode = integer(&args, 2);
    uid_t uid = integer(&args, 3);
    gid_t gid = integer(&args, 4);
    struct timespec times[2] = { timespec_of(integer(&args, 5)), timespec_of(integer(&args, 6)) };
    if (args.failed)
        return finish(&args, NULL);
    const char *call = "open";
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0;
    for (size_t done = 0; ok && done < length;) {
        ssize_t written = write(fd, data + done, length - done);
        if (written >= 0)
            done += written;
        else if (errno != EINTR)
            ok = false;
        call = "write";
    }
    if (ok && (uid != geteuid() || gid != getegid())) {
        call = "fchown";
        ok = fchown(fd, uid, gid) == 0;
    }
    if (ok) {
        /* After chown, which clears the set-id bits. */
        call = "fchmod";
        ok = fchmod(fd, mode) == 0;
    }
    if (ok) {
        call = "futimens";
        ok = futimens(fd, times) == 0;
    }
    if (!ok)
        throw_errno(&args, call, path);
    if (fd >= 0)
        close(fd);
    return finish(&args, undefined(env));
}

const binding file_bindings[] = {
    { "openat2", openat2_ },       { "mknod", mknod_ },           { "lstat", lstat_ },         { "fstat", fstat_ },
    { "lutimes", lutimes_ },       { "lsetxattr", lsetxattr_ },   { "lgetxattr", lgetxattr_ }, { "llistxattr", llistxattr_ },
    { "lremovexattr", lremovexattr_ }, { "syncfs", syncfs_ },     { "renameat2", renameat2_ }, { "reflink", reflink },
    { "writeNewFile", write_new_file }, { NULL, NULL },
};
