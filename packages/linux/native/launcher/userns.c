/*
 * An ordinary user's namespaces: one user namespace in which the user is root and the subordinate ids are the others, and one
 * mount namespace, kept alive by a pause process that all of the user's commands share (podman's protocol: its pid stands in
 * libpod/tmp/pause.pid of the run-time folder).
 */
#include "launcher.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_RANGES 32

typedef struct {
    unsigned long start, count;
} range;

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool needs_user_namespace(const char *name, int argc, char **argv)
{
    static const char *const without[] = { "--version", "-v", "--help", "-h", "version", "help", "completion", "__complete", NULL };
    if (geteuid() == 0)
        return false;
    if (strcmp(name, "skopeo") == 0) {
        for (int i = 1; i < argc; i++)
            if (strncmp(argv[i], "containers-storage:", 19) == 0)
                return true;
        return false;
    }
    if (strcmp(name, "podman") != 0 && strcmp(name, "buildah") != 0)
        return false;
    /* Only the first argument decides: behind a verb the same words may be anything. */
    return argc > 1 && !is_one_of(argv[1], without);
}

void pause_forever(void)
{
    prctl(PR_SET_NAME, "podman pause");
    for (;;)
        pause();
}

/* The run-time folder, as the Go tools choose it. */
static const char *runtime_directory(char *buffer, size_t size)
{
    struct stat status;
    const char *given = getenv("XDG_RUNTIME_DIR");
    if (given && *given)
        return given;
    snprintf(buffer, size, "/run/user/%u", geteuid());
    if (stat(buffer, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
        const char *temporary = getenv("TMPDIR");
        snprintf(buffer, size, "%s/podman-run-%u", temporary && *temporary ? temporary : "/tmp", geteuid());
        if (mkdir(buffer, 0700) < 0 && errno != EEXIST)
            fail("can't make the run-time folder %s: %s", buffer, strerror(errno));
        if (lstat(buffer, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 0077)
            fail("the run-time folder %s isn't yours alone: set XDG_RUNTIME_DIR to a folder that is", buffer);
    }
    setenv("XDG_RUNTIME_DIR", buffer, 1);
    return buffer;
}

static char *path_in(const char *base, const char *rest)
{
    char *path;
    if (asprintf(&path, "%s%s", base, rest) < 0)
        fail("out of memory");
    return path;
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        fail("can't make %s: %s", path, strerror(errno));
}

/* From /etc/passwd alone: a static program can't load what else nsswitch.conf may name. $USER helps those users. */
static const char *user_name(void)
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *entry;
    const char *name = getenv("USER");
    while (file && (entry = fgetpwent(file)))
        if (entry->pw_uid == getuid()) {
            name = strdup(entry->pw_name);
            break;
        }
    if (file)
        fclose(file);
    return name ? name : "";
}

/* Ranges of /etc/subuid or /etc/subgid for the user, by name or number. */
static int subordinate_ranges(const char *path, const char *user, range *ranges)
{
    char line[512], number[16];
    int count = 0;
    FILE *file = fopen(path, "re");
    snprintf(number, sizeof number, "%u", getuid());
    while (file && count < MAX_RANGES && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon || line[0] == '#')
            continue;
        *colon = 0;
        if (strcmp(line, user) != 0 && strcmp(line, number) != 0)
            continue;
        if (sscanf(colon + 1, "%lu:%lu", &ranges[count].start, &ranges[count].count) == 2 && ranges[count].count > 0)
            count++;
    }
    if (file)
        fclose(file);
    return count;
}

static void run(char **argv)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        fail("can't run %s: %s", argv[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fail("%s is missing: install it (Debian, Ubuntu: uidmap; Fedora: shadow-utils)", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("cannot set up namespace using %s: it must be setuid root or have file capabilities, and /etc/subuid and /etc/subgid must be right", argv[0]);
}

/* newuidmap PID 0 OWN 1 1 START COUNT … */
static void map_with(const char *program, pid_t child, unsigned own, const range *ranges, int count)
{
    char texts[3 * MAX_RANGES + 4][24];
    char *argv[3 * MAX_RANGES + 6] = { (char *)program };
    int argument = 1, text = 0;
    unsigned long inside = 1;
#define PUT(value) (snprintf(texts[text], sizeof texts[text], "%lu", (unsigned long)(value)), argv[argument++] = texts[text++])
    PUT(child);
    PUT(0);
    PUT(own);
    PUT(1);
    for (int i = 0; i < count; i++) {
        PUT(inside);
        PUT(ranges[i].start);
        PUT(ranges[i].count);
        inside += ranges[i].count;
    }
#undef PUT
    argv[argument] = NULL;
    run(argv);
}

static void write_file(pid_t child, const char *name, const char *content)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", child, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, content, strlen(content)) < 0)
        fail("can't write %s: %s", path, strerror(errno));
    close(fd);
}

static void map_ids(pid_t child)
{
    range uids[MAX_RANGES], gids[MAX_RANGES];
    const char *user = user_name();
    int uid_count = subordinate_ranges("/etc/subuid", user, uids), gid_count = subordinate_ranges("/etc/subgid", user, gids);
    if (uid_count > 0 && gid_count > 0) {
        map_with("newuidmap", child, geteuid(), uids, uid_count);
        map_with("newgidmap", child, getegid(), gids, gid_count);
        return;
    }
    char line[64];
    fputs("warning: no subordinate ids for this user in /etc/subuid and /etc/subgid: only your own id is mapped, which breaks some images\n", stderr);
    write_file(child, "setgroups", "deny");
    snprintf(line, sizeof line, "0 %u 1\n", geteuid());
    write_file(child, "uid_map", line);
    snprintf(line, sizeof line, "0 %u 1\n", getegid());
    write_file(child, "gid_map", line);
}

/* The child: makes the namespaces, waits until its ids are mapped, and stays as the pause process. */
static _Noreturn void become_pause_process(const char *self, int ready, int mapped)
{
    char byte = 'e';
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
        byte = 'r';
    else
        byte = errno == ENOSPC || errno == EPERM ? 'p' : 'e';
    if (write(ready, &byte, 1) < 0 || byte != 'r' || read(mapped, &byte, 1) != 1)
        _exit(1);
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        _exit(1);
    if (mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 || chdir("/") < 0)
        _exit(1);
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (write(ready, "d", 1) < 0)
        _exit(1);
    close_range(3, ~0u, 0);
    char *argv[] = { "podman pause", NULL }, *envp[] = { NULL };
    execve(self, argv, envp);
    _exit(1);
}

static pid_t make_pause_process(const char *self)
{
    int ready[2], mapped[2];
    char byte = 'e';
    if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(mapped, O_CLOEXEC) < 0)
        fail("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        fail("fork: %s", strerror(errno));
    if (child == 0)
        become_pause_process(self, ready[1], mapped[0]);
    close(ready[1]);
    close(mapped[0]);
    if (read(ready[0], &byte, 1) != 1 || byte != 'r')
        fail("can't make a user namespace: it may be switched off (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)");
    map_ids(child);
    if (write(mapped[1], "m", 1) < 0 || read(ready[0], &byte, 1) != 1 || byte != 'd')
        fail("can't become root in the user namespace");
    close(ready[0]);
    close(mapped[1]);
    return child;
}

/* Whether root there is this user: a pid may have gone on to a process in another namespace, a browser's sandbox say. */
static bool is_root_as_user(pid_t pid)
{
    char path[64];
    unsigned inside, outside;
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    FILE *file = fopen(path, "re");
    bool right = file && fscanf(file, "%u %u", &inside, &outside) == 2 && inside == 0 && outside == geteuid();
    if (file)
        fclose(file);
    return right;
}

/* Joins the namespaces of a process; false when it has gone, or is in ours or somebody else's. */
static bool join(pid_t pid)
{
    char path[64];
    struct stat theirs, own;
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    int user = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    int mounts = open(path, O_RDONLY | O_CLOEXEC);
    bool joined = user >= 0 && mounts >= 0 && fstat(user, &theirs) == 0 && stat("/proc/self/ns/user", &own) == 0 &&
                  theirs.st_ino != own.st_ino && is_root_as_user(pid) && setns(user, CLONE_NEWUSER) == 0;
    if (joined && (setns(mounts, CLONE_NEWNS) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
        fail("can't join the namespaces of the pause process %d: %s", pid, strerror(errno));
    if (user >= 0)
        close(user);
    if (mounts >= 0)
        close(mounts);
    return joined;
}

static pid_t read_pid(const char *path)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    return length > 0 ? atoi(text) : 0;
}

static void write_pid(const char *path, pid_t pid)
{
    char text[32], *temporary = path_in(path, ".new");
    int length = snprintf(text, sizeof text, "%d", pid);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, length) != length || close(fd) < 0 || rename(temporary, path) < 0)
        fail("can't write %s: %s", path, strerror(errno));
}

void enter_user_namespace(const char *self)
{
    char runtime[PATH_MAX], cwd[PATH_MAX], id[16];
    unsigned uid = geteuid(), gid = getegid();
    const char *base = runtime_directory(runtime, sizeof runtime);
    bool has_cwd = getcwd(cwd, sizeof cwd) != NULL;
    make_directory(path_in(base, "/libpod"));
    make_directory(path_in(base, "/libpod/tmp"));
    char *path = path_in(base, "/libpod/tmp/pause.pid");

    pid_t pid = read_pid(path);
    if (pid <= 0 || !join(pid)) {
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        char *lock_path = path_in(base, "/libpod/tmp/lighter-pause.lock");
        int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || fcntl(fd, F_OFD_SETLKW, &lock) < 0)
            fail("can't lock %s: %s", lock_path, strerror(errno));
        /* Somebody else may have been quicker. */
        pid = read_pid(path);
        if (pid <= 0 || !join(pid)) {
            pid = make_pause_process(self);
            write_pid(path, pid);
            if (!join(pid))
                fail("can't join the namespaces of the new pause process: %s", strerror(errno));
        }
        close(fd);
    }
    /* The mount namespace changed, and with it what the working directory's path leads to. */
    if (has_cwd && chdir(cwd) < 0)
        fail("the working directory %s isn't reachable in the user namespace: %s", cwd, strerror(errno));
    setenv("_CONTAINERS_USERNS_CONFIGURED", "init", 1);
    snprintf(id, sizeof id, "%u", uid);
    setenv("_CONTAINERS_ROOTLESS_UID", id, 1);
    snprintf(id, sizeof id, "%u", gid);
    setenv("_CONTAINERS_ROOTLESS_GID", id, 1);
}
