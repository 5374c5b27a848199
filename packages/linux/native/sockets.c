/* Sockets and pipes: SEQPACKET for conmon, reading on threads, terminals, sd_notify. */
#include "addon.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static napi_value pair_of(napi_env env, const int fds[2])
{
    napi_value result;
    napi_create_array_with_length(env, 2, &result);
    napi_set_element(env, result, 0, number(env, fds[0]));
    napi_set_element(env, result, 1, number(env, fds[1]));
    return result;
}

static napi_value seqpacket_pair(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        throw_errno(&args, "socketpair", NULL);
    return finish(&args, args.failed ? NULL : pair_of(env, fds));
}

static napi_value pipe_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        throw_errno(&args, "pipe2", NULL);
    return finish(&args, args.failed ? NULL : pair_of(env, fds));
}

/* Fills in an address; a path too long for it is reached through a descriptor of the socket's inode. */
static bool address_of(const char *path, struct sockaddr_un *address, int *opened)
{
    *opened = -1;
    address->sun_family = AF_UNIX;
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return true;
    }
    *opened = open(path, O_PATH | O_CLOEXEC);
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d", *opened);
    return *opened >= 0;
}

static napi_value connect_seqpacket(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0);
    struct sockaddr_un address = { 0 };
    int opened = -1, fd = -1;
    if (!args.failed) {
        bool ok = address_of(path, &address, &opened) && (fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) >= 0 &&
                  connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        if (!ok) {
            throw_errno(&args, "connect", path);
            if (fd >= 0)
                close(fd);
        }
        if (opened >= 0)
            close(opened);
    }
    return finish(&args, number(env, fd));
}

/* Waits for the descriptor; false, and the job's error set, when it was cancelled first. */
static bool ready(job *job, short events)
{
    struct pollfd fds[2] = { { .fd = job->fd, .events = events }, { .fd = job->cancel, .events = POLLIN } };
    int count;
    while ((count = poll(fds, 2, -1)) < 0 && errno == EINTR)
        ;
    if (count < 0)
        job->error = errno;
    else if (!fds[0].revents)
        job->error = ECANCELED;
    return !job->error;
}

/* Waits until the descriptor is readable, then reads once. Regular files and the like are always readable. */
static void read_some(job *job)
{
    if (!(job->data = malloc(job->size))) {
        job->error = ENOMEM;
        return;
    }
    /* EAGAIN: somebody else, who shares the descriptor's description, was quicker. */
    do {
        if (!ready(job, POLLIN))
            return;
        job->length = read(job->fd, job->data, job->size);
    } while (job->length < 0 && (errno == EINTR || errno == EAGAIN));
    /* A peer that has gone is the end of the stream; a terminal that hung up says EIO. */
    if (job->length < 0 && (errno == ECONNRESET || errno == EIO))
        job->length = 0;
    if (job->length < 0)
        job->error = errno;
}

static napi_value bytes_read(napi_env env, job *job)
{
    return job->length > 0 ? buffer_copy(env, job->data, job->length) : undefined(env);
}

static napi_value read_async(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    int64_t size = integer(&args, 1);
    if (args.failed)
        return finish(&args, NULL);
    job *job = calloc(1, sizeof *job);
    job->work = read_some;
    job->result = bytes_read;
    job->call = "read";
    job->fd = fd;
    job->size = size;
    return finish(&args, start_job(env, job));
}

/* What fits a pipe or terminal that says it is writable, however its description's O_NONBLOCK stands: PIPE_BUF. */
#define ALWAYS_FITS 4096

/* One step of tryWrite: bytes written, or -1 with errno; EAGAIN when it would block. */
static ssize_t write_some(int fd, const uint8_t *data, size_t length)
{
    ssize_t done = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done >= 0 || errno != ENOTSOCK)
        return done;
    struct pollfd writable = { .fd = fd, .events = POLLOUT };
    if (poll(&writable, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, data, length < ALWAYS_FITS ? length : ALWAYS_FITS);
}

/* tryWrite(fd, data, offset): how many bytes from the offset could be written without blocking. */
static napi_value try_write(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t length, done = 0;
    int fd = integer(&args, 0);
    uint8_t *data = bytes(&args, 1, &length);
    size_t offset = integer(&args, 2);
    while (!args.failed && offset + done < length) {
        ssize_t written = write_some(fd, data + offset + done, length - offset - done);
        if (written >= 0)
            done += written;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            throw_errno(&args, "write", NULL);
    }
    return finish(&args, number(env, done));
}

static void wait_until_writable(job *job)
{
    ready(job, POLLOUT);
}

static napi_value nothing(napi_env env, job *job)
{
    (void)job;
    return undefined(env);
}

static napi_value wait_writable(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (args.failed)
        return finish(&args, NULL);
    job *job = calloc(1, sizeof *job);
    job->work = wait_until_writable;
    job->result = nothing;
    job->call = "poll";
    job->fd = fd;
    return finish(&args, start_job(env, job));
}

static napi_value shutdown_write(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    if (!args.failed && shutdown(fd, SHUT_WR) < 0)
        throw_errno(&args, "shutdown", NULL);
    return finish(&args, undefined(env));
}

/* sdNotify(path, message): one datagram to the service manager; a leading @ is the abstract namespace. */
static napi_value sd_notify(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    const char *path = text(&args, 0), *message = text(&args, 1);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (args.failed || strlen(path) >= sizeof address.sun_path)
        return finish(&args, truth(env, false));
    strcpy(address.sun_path, path);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    bool sent = fd >= 0 && sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address, size) >= 0;
    if (!sent)
        throw_errno(&args, "sendto", path);
    if (fd >= 0)
        close(fd);
    return finish(&args, truth(env, sent));
}

const binding socket_bindings[] = {
    { "seqpacketPair", seqpacket_pair }, { "pipe", pipe_ },     { "connectSeqpacket", connect_seqpacket },
    { "readAsync", read_async },         { "tryWrite", try_write },
    { "waitWritable", wait_writable },   { "shutdownWrite", shutdown_write },
    { "sdNotify", sd_notify },           { NULL, NULL },
};
