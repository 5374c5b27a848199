/*
 * The watcher: a child that only waits for the front command to end. Until a container is started, nobody else would clean up
 * if the front command were killed; the front says through a pipe what to run in that case, and later that nothing is needed.
 *
 * A message is a list of texts, each with a '+' before it and a NUL behind it, and one more NUL; an empty list disarms. The
 * last whole message counts.
 */
#include "launcher.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAX_ARGUMENTS 256

static bool starts_containers(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "run") == 0 || strcmp(argv[i], "start") == 0 || strcmp(argv[i], "restart") == 0)
            return true;
    return false;
}

/* Keeps the beginning of the last whole message in `buffer`; what follows is not whole yet. */
static size_t read_messages(int fd, char *buffer, size_t size)
{
    size_t length = 0, last = 0, last_end = 0, scanned = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += got;
        size_t start = last_end;
        for (; scanned < length; scanned++) {
            bool ends = buffer[scanned] == 0 && (scanned == start || buffer[scanned - 1] == 0);
            if (ends) {
                last = start;
                last_end = start = scanned + 1;
            }
        }
        /* Only the last message is needed: what is before it makes room. */
        memmove(buffer, buffer + last, length - last);
        length -= last;
        last_end -= last;
        scanned -= last;
        last = 0;
        if (length == size) {
            /* No message of ours: whatever was said before may be wrong now, so nothing is run. */
            do
                got = read(fd, buffer, size);
            while (got > 0 || (got < 0 && errno == EINTR));
            return 0;
        }
    }
    return last_end;
}

static _Noreturn void watch(int fd)
{
    static char buffer[64 * 1024];
    char *arguments[MAX_ARGUMENTS + 1];
    int count = 0, null = open("/dev/null", O_RDWR);
    setsid();
    for (int number = 0; number < 3; number++)
        dup2(null, number);
    /* Nothing of the caller's is kept open: a reader of its pipes must see their end. */
    if (fd != 3)
        dup2(fd, 3);
    close_range(4, ~0u, 0);
    for (int number = 1; number < 32; number++)
        if (number != SIGCHLD && number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_IGN);
    prctl(PR_SET_NAME, "lighter-watcher");
    if (chdir("/") < 0)
        _exit(1);

    size_t length = read_messages(3, buffer, sizeof buffer);
    for (char *at = buffer; at < buffer + length && *at; at += strlen(at) + 1) {
        if (count == MAX_ARGUMENTS)
            _exit(1);
        arguments[count++] = at + 1;
    }
    arguments[count] = NULL;
    if (count == 0)
        _exit(0);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    close(3);
    execv(arguments[0], arguments);
    _exit(127);
}

void start_watcher(const char *name, int argc, char **argv)
{
    int fds[2];
    char number[16];
    if (strcmp(name, "podman") != 0 || !starts_containers(argc, argv) || pipe(fds) < 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        close(fds[1]);
        watch(fds[0]);
    }
    close(fds[0]);
    if (child < 0) {
        close(fds[1]);
        return;
    }
    snprintf(number, sizeof number, "%d", fds[1]);
    setenv(CALLER "WATCHER", number, 1);
}
