/*
 * measure OUT CMD [ARG…]: runs a command and writes one JSON object to the file OUT:
 * wall seconds until the command itself ended, CPU seconds (user and system) of it and of every descendant,
 * daemonised ones too, that ended within three seconds after it, and the peak of the sum of the descendants' resident
 * memory in bytes, sampled every 5 ms.
 *
 * Orphans come to us because we are their subreaper; wait4(2) gives each one's CPU time exactly.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROCESSES 4096

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return t.tv_sec + t.tv_usec / 1e6;
}

/* Sum of the resident pages of all descendants of this process. */
static long descendants_resident_pages(void)
{
    static struct { int pid, parent; long pages; char ours; } table[MAX_PROCESSES];
    int count = 0;
    DIR *proc = opendir("/proc");
    if (!proc)
        return 0;
    for (struct dirent *entry; (entry = readdir(proc)) && count < MAX_PROCESSES;) {
        char path[64], line[1024], *end;
        int pid = atoi(entry->d_name);
        if (pid <= 0)
            continue;
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *file = fopen(path, "re");
        if (!file)
            continue;
        if (fgets(line, sizeof line, file) && (end = strrchr(line, ')'))) {
            int parent = 0;
            long pages = 0;
            /* state ppid, then 19 fields that don't matter, then rss (field 24) */
            if (sscanf(end + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                       &parent, &pages) == 2) {
                table[count].pid = pid;
                table[count].parent = parent;
                table[count].pages = pages;
                table[count].ours = 0;
                count++;
            }
        }
        fclose(file);
    }
    closedir(proc);
    int self = getpid(), grown = 1;
    while (grown) {
        grown = 0;
        for (int i = 0; i < count; i++) {
            if (table[i].ours)
                continue;
            int ours = table[i].parent == self;
            for (int j = 0; !ours && j < count; j++)
                ours = table[j].ours && table[j].pid == table[i].parent;
            if (ours)
                table[i].ours = grown = 1;
        }
    }
    long sum = 0;
    for (int i = 0; i < count; i++)
        if (table[i].ours)
            sum += table[i].pages;
    return sum;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure OUT CMD [ARG...]\n");
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    double start = now(), wall = -1, cpu = 0;
    int code = -1;
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 2;
    }
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    long peak = 0;
    double next = start;
    for (;;) {
        int status;
        struct rusage usage;
        pid_t ended = wait4(-1, &status, WNOHANG, &usage);
        if (ended > 0) {
            cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
            if (ended == child) {
                wall = now() - start;
                code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            continue;
        }
        if (ended < 0 && errno == ECHILD)
            break;
        if (wall >= 0 && now() - start - wall > 3)
            break;
        if (now() >= next) {
            long pages = descendants_resident_pages();
            if (pages > peak)
                peak = pages;
            next = now() + 0.005;
        }
        struct timespec pause = { 0, 200000 };
        nanosleep(&pause, NULL);
    }
    FILE *out = fopen(argv[1], "w");
    if (!out) {
        perror(argv[1]);
        return 2;
    }
    fprintf(out, "{\"wall\":%.6f,\"cpu\":%.6f,\"rss\":%ld,\"code\":%d}\n", wall, cpu, peak * sysconf(_SC_PAGESIZE), code);
    return fclose(out) == 0 ? 0 : 2;
}
