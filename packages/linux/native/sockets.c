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

/* Waits until the descriptor is readable, then reads once. Regular files and the like are always readable. */
static void read_some(job *job)
{
    struct pollfd fds[2] = { { .fd = job->fd, .events = POLLIN }, { .fd = job->cancel, .events = POLLIN } };
    int ready;
    while ((ready = poll(fds, 2, -1)) < 0 && errno == EINTR)
        ;
    if (ready >= 0 && fds[1].revents && !fds[0].revents) {
        job->error = ECANCELED;
        return;
    }
    job->data = malloc(job->size);
    while ((job->length = read(job->fd, job->data, job->size)) < 0 && errno == EINTR)
        ;
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

static napi_value send_(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    size_t length;
    int fd = integer(&args, 0);
    uint8_t *data = bytes(&args, 1, &length);
    ssize_t sent = 0;
    if (!args.failed) {
        while ((sent = send(fd, data, length, MSG_NOSIGNAL)) < 0 && errno == EINTR)
            ;
        if (sent < 0)
            throw_errno(&args, "send", NULL);
    }
    return finish(&args, undefined(env));
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

static napi_value terminal_size(napi_env env, napi_callback_info info)
{
    arguments args = arguments_of(env, info);
    int fd = integer(&args, 0);
    struct winsize size;
    napi_value result = undefined(env);
    if (!args.failed && ioctl(fd, TIOCGWINSZ, &size) == 0) {
        napi_create_object(env, &result);
        set(env, result, "rows", number(env, size.ws_row));
        set(env, result, "columns", number(env, size.ws_col));
    }
    return finish(&args, result);
}

const binding socket_bindings[] = {
    { "seqpacketPair", seqpacket_pair }, { "pipe", pipe_ },     { "connectSeqpacket", connect_seqpacket },
    { "readAsync", read_async },         { "send", send_ },     { "shutdownWrite", shutdown_write },
    { "sdNotify", sd_notify },           { "terminalSize", terminal_size }, { NULL, NULL },
};
