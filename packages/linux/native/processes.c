/* Processes: exact spawning, waiting by pidfd, signals by number, limits. */
#include "addon.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

typedef struct {
    const char *file, *cwd;
    char **argv, **envp;
    int64_t *fds, *namespaces, *ignored;
    size_t fd_count, namespace_count, ignored_count;
    bool new_group, new_session;
    struct rlimit nofile;
    bool set_nofile;
    sigset_t mask;
    /* Of the failed step, when the child could not become the program. The child shares our memory (vfork). */
    volatile int error;
    const char *volatile step;
} spawning;

/* Runs in the child of vfork: only system calls, no allocation, no locks. */
static void become(spawning *s)
{
    struct sigaction standard = { .sa_handler = SIG_DFL }, ignore = { .sa_handler = SIG_IGN };

    s->step = "sigaction";
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            sigaction(signal, &standard, NULL);
    for (size_t i = 0; i < s->ignored_count; i++)
        sigaction(s->ignored[i], &ignore, NULL);

    s->step = "setsid";
    if (s->new_session && setsid() < 0)
        goto failed;
    s->step = "setpgid";
    if (s->new_group && setpgid(0, 0) < 0)
        goto failed;

    /* Every source first moves above all targets, so that no dup2 overwrites one still needed. */
    s->step = "dup2";
    int base = s->fd_count + 3;
    for (size_t i = 0; i < s->fd_count; i++)
        if (s->fds[i] >= 0 && s->fds[i] < base && (s->fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, base)) < 0)
            goto failed;
    for (size_t i = 0; i < s->namespace_count; i++)
        if (s->namespaces[i] < base && (s->namespaces[i] = fcntl(s->namespaces[i], F_DUPFD_CLOEXEC, base)) < 0)
            goto failed;
    for (size_t i = 0; i < s->fd_count; i++) {
        int source = s->fds[i];
        if (source < 0 && (source = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
            goto failed;
        if (source == (int)i) {
            if (fcntl(source, F_SETFD, 0) < 0)
                goto failed;
        } else if (dup2(source, i) < 0)
            goto failed;
    }
    s->step = "setns";
    for (size_t i = 0; i < s->namespace_count; i++)
        if (setns(s->namespaces[i], 0) < 0)
            goto failed;
    s->step = "chdir";
    if (s->cwd && chdir(s->cwd) < 0)
        goto failed;
    s->step = "close_range";
    if (syscall(SYS_close_range, (unsigned)s->fd_count, ~0u, 0) < 0)
        goto failed;
    s->step = "setrlimit";
    if (s->set_nofile && setrlimit(RLIMIT_NOFILE, &s->nofile) < 0)
        goto failed;
    sigprocmask(SIG_SETMASK, &s->mask, NULL);
    s->step = "execve";
    execve(s->file, s->argv, s->envp);
failed:
    s->error = errno;
}

/* spawn(file, argv, env, cwd, fds, newProcessGroup, newSession, namespaces, ignoredSignals, nofileSoft, nofileHard) */
static napi_value spawn(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t count;
    spawning s = { .file = text(&args, 0), .cwd = text(&args, 3) };
    s.argv = texts_of(&args, 1, &count);
    s.envp = texts_of(&args, 2, &count);
    s.fds = integers_of(&args, 4, &s.fd_count);
    s.new_group = boolean(&args, 5);
    s.new_session = boolean(&args, 6);
    s.namespaces = integers_of(&args, 7, &s.namespace_count);
    s.ignored = integers_of(&args, 8, &s.ignored_count);
    if (is_given(&args, 9)) {
        s.set_nofile = true;
        s.nofile.rlim_cur = integer(&args, 9);
        s.nofile.rlim_max = is_given(&args, 10) ? (rlim_t)integer(&args, 10) : RLIM_INFINITY;
    }
    pid_t pid = -1;
    if (!args.failed) {
        sigset_t all;
        sigfillset(&all);
        /* A handler of ours must not run in the child, which shares our memory. */
        pthread_sigmask(SIG_SETMASK, &all, &s.mask);
        pid = vfork();
        if (pid == 0) {
            become(&s);
            _exit(127);
        }
        int error = errno;
        pthread_sigmask(SIG_SETMASK, &s.mask, NULL);
        if (pid < 0) {
            errno = error;
            throw_errno(&args, "vfork", s.file);
        } else if (s.error) {
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
            errno = s.error;
            throw_errno(&args, s.step, s.file);
        }
    }
    free_texts(s.argv);
    free_texts(s.envp);
    free(s.fds);
    free(s.namespaces);
    free(s.ignored);
    return finish(&args, number(env, pid));
}

static napi_value pidfd_open_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int pid = integer(&args, 0);
    int fd = args.failed ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        throw_errno(&args, "pidfd_open", NULL);
    return finish(&args, number(env, fd));
}

static napi_value pidfd_send_signal_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0), signal = integer(&args, 1);
    if (!args.failed && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0)
        throw_errno(&args, "pidfd_send_signal", NULL);
    return finish(&args, undefined(env));
}

static void wait_for_pidfd(job *job)
{
    struct pollfd fds[2] = { { .fd = job->fd, .events = POLLIN }, { .fd = job->cancel, .events = POLLIN } };
    int ready;
    while ((ready = poll(fds, 2, -1)) < 0 && errno == EINTR)
        ;
    if (ready < 0)
        job->error = errno;
    else if (fds[1].revents && !fds[0].revents)
        job->error = ECANCELED;
}

static void wait_for_child(job *job)
{
    siginfo_t info = { 0 };
    wait_for_pidfd(job);
    if (!job->error) {
        int result;
        while ((result = waitid(P_PIDFD, job->fd, &info, WEXITED)) < 0 && errno == EINTR)
            ;
        if (result < 0)
            job->error = errno;
        job->code = info.si_code;
        job->status = info.si_status;
    }
    close(job->fd);
}

static napi_value exit_of(napi_env env, job *job)
{
    napi_value result;
    napi_create_object(env, &result);
    set(env, result, job->code == CLD_EXITED ? "status" : "signal", number(env, job->status));
    return result;
}

static napi_value nothing(napi_env env, job *job)
{
    (void)job;
    return undefined(env);
}

static napi_value waitpid_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int pid = integer(&args, 0);
    int fd = args.failed ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) {
        throw_errno(&args, "pidfd_open", NULL);
        return finish(&args, NULL);
    }
    job *job = calloc(1, sizeof *job);
    job->work = wait_for_child;
    job->result = exit_of;
    job->call = "waitid";
    job->fd = fd;
    return finish(&args, start_job(env, job));
}

static napi_value pidfd_wait(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (args.failed)
        return finish(&args, NULL);
    job *job = calloc(1, sizeof *job);
    job->work = wait_for_pidfd;
    job->result = nothing;
    job->call = "poll(pidfd)";
    job->fd = fd;
    return finish(&args, start_job(env, job));
}

static napi_value kill_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int pid = integer(&args, 0), signal = integer(&args, 1);
    if (!args.failed && kill(pid, signal) < 0)
        throw_errno(&args, "kill", NULL);
    return finish(&args, undefined(env));
}

static napi_value set_subreaper(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    bool on = boolean(&args, 0);
    if (!args.failed && prctl(PR_SET_CHILD_SUBREAPER, on) < 0)
        throw_errno(&args, "prctl", NULL);
    return finish(&args, undefined(env));
}

static napi_value limit_value(napi_env env, rlim_t value)
{
    return number(env, value == RLIM_INFINITY ? (double)INFINITY : (double)value);
}

static napi_value getrlimit_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int resource = integer(&args, 0);
    struct rlimit limit = { 0 };
    napi_value result;
    napi_create_object(env, &result);
    if (!args.failed && getrlimit(resource, &limit) < 0)
        throw_errno(&args, "getrlimit", NULL);
    set(env, result, "soft", limit_value(env, limit.rlim_cur));
    set(env, result, "hard", limit_value(env, limit.rlim_max));
    return finish(&args, result);
}

static napi_value umask_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    mode_t mask = integer(&args, 0);
    return finish(&args, args.failed ? NULL : number(env, umask(mask)));
}

static napi_value capabilities(napi_env env, napi_callback_info info)
{
    (void)info;
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { 0 };
    napi_value result;
    uint64_t bounding = 0;
    syscall(SYS_capget, &header, data);
    for (int capability = 0; capability < 64; capability++) {
        int have = prctl(PR_CAPBSET_READ, capability);
        if (have < 0)
            break; /* the kernel knows no more */
        if (have)
            bounding |= 1ULL << capability;
    }
    napi_create_object(env, &result);
    set(env, result, "bounding", big(env, bounding));
    set(env, result, "effective", big(env, data[0].effective | (uint64_t)data[1].effective << 32));
    return result;
}

static napi_value set_close_on_exec(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    bool on = boolean(&args, 1);
    if (!args.failed && fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0)
        throw_errno(&args, "fcntl(F_SETFD)", NULL);
    return finish(&args, undefined(env));
}

const binding process_bindings[] = {
    { "spawn", spawn },           { "waitpid", waitpid_ },          { "pidfdOpen", pidfd_open_ },
    { "pidfdSendSignal", pidfd_send_signal_ }, { "pidfdWait", pidfd_wait }, { "kill", kill_ },
    { "setSubreaper", set_subreaper }, { "getrlimit", getrlimit_ }, { "umask", umask_ },
    { "capabilities", capabilities },  { "setCloseOnExec", set_close_on_exec }, { NULL, NULL },
};
