/*
 * lighter-guard OWNERFILE -- COMMAND ARGUMENT…: conmon's exit command.
 *
 * The front command holds a lock on the owner file for as long as it looks after the container itself, and unlinks the file
 * once the end is recorded and everything is cleaned. The guard waits for the lock; if the file is gone then, nothing is left to
 * do, else it runs the command, which inherits the lock.
 */
#include "launcher.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void guard(int argc, char **argv)
{
    char number[16];
    struct stat status;
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (argc < 4 || strcmp(argv[2], "--") != 0)
        fail("usage: lighter-guard OWNERFILE -- COMMAND [ARGUMENT...]");
    /* Kept open over exec: the command must hold the lock too. */
    int fd = open(argv[1], O_RDWR);
    if (fd < 0 && errno == ENOENT)
        exit(0);
    if (fd < 0)
        fail("can't open %s: %s", argv[1], strerror(errno));
    while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        if (errno != EINTR)
            fail("can't lock %s: %s", argv[1], strerror(errno));
    if (fstat(fd, &status) == 0 && status.st_nlink == 0)
        exit(0);
    snprintf(number, sizeof number, "%d", fd);
    setenv("LIGHTER_OWNER_FD", number, 1);
    execv(argv[3], argv + 3);
    fail("can't run %s: %s", argv[3], strerror(errno));
}
