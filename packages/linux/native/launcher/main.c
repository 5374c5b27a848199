/* Finds the bundle and the pinned Node beside the program, and runs them. */
#include "launcher.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fail(const char *format, ...)
{
    va_list arguments;
    fputs("Error: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(125);
}

/* Whatever is opened first would else become a standard stream. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
            exit(125);
}

int main(int argc, char **argv)
{
    char self[PATH_MAX], node[PATH_MAX + 16], script[2 * PATH_MAX];
    open_standard_streams();
    if (argc > 0 && strcmp(argv[0], "podman pause") == 0)
        pause_forever();
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        fail("can't tell where this program is: %s (is /proc mounted?)", strerror(errno));
    self[length] = 0;

    char *name = strrchr(self, '/') + 1;
    if (strcmp(name, "lighter-guard") == 0)
        guard(argc, argv);

    /* dist/bin/NAME → dist/node, dist/NAME.js */
    int home = name - 1 - self;
    while (home > 0 && self[home - 1] != '/')
        home--;
    snprintf(node, sizeof node, "%.*snode", home, self);
    snprintf(script, sizeof script, "%.*s%s.js", home, self, name);
    if (access(node, X_OK) < 0)
        fail("the pinned Node is missing (%s): run the set-up again", node);

    record_caller();
    if (needs_user_namespace(name, argc, argv))
        enter_user_namespace(self);
    start_watcher(name, argc, argv);

    char **arguments = calloc(argc + 4, sizeof *arguments);
    int count = 0;
    arguments[count++] = node;
    /* node:sqlite calls itself experimental on every start. */
    arguments[count++] = "--disable-warning=ExperimentalWarning";
    arguments[count++] = script;
    for (int i = 1; i < argc; i++)
        arguments[count++] = argv[i];
    execv(node, arguments);
    fail("can't run the pinned Node %s: %s", node, strerror(errno));
}
