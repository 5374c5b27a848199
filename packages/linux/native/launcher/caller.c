/* What Node would change or obey is put aside, to be restored for what we hand on. */
#include "launcher.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

extern char **environ;

static bool alters_node(const char *variable)
{
    /* More trusted authorities are what the user means for us too. */
    if (strncmp(variable, "NODE_EXTRA_CA_CERTS=", 20) == 0)
        return false;
    return strncmp(variable, "NODE_", 5) == 0 || strncmp(variable, "OPENSSL_", 8) == 0 || strncmp(variable, "UV_", 3) == 0;
}

static void put_node_variables_aside(void)
{
    for (char **variable = environ; *variable; variable++) {
        if (!alters_node(*variable))
            continue;
        /* The old text stays in use by environ until replaced, so only its slot is changed. */
        char *renamed = malloc(strlen(*variable) + sizeof CALLER);
        if (!renamed)
            fail("out of memory");
        strcpy(renamed, CALLER);
        strcat(renamed, *variable);
        *variable = renamed;
    }
}

static void print_limit(char *to, size_t size, rlim_t limit)
{
    if (limit == RLIM_INFINITY)
        snprintf(to, size, "unlimited");
    else
        snprintf(to, size, "%llu", (unsigned long long)limit);
}

static void record_open_files_limit(void)
{
    struct rlimit limit;
    char soft[32], hard[32], both[72];
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    print_limit(soft, sizeof soft, limit.rlim_cur);
    print_limit(hard, sizeof hard, limit.rlim_max);
    snprintf(both, sizeof both, "%s:%s", soft, hard);
    setenv(CALLER "NOFILE", both, 1);
}

static void record_ignored_signals(void)
{
    char list[256] = "";
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
            continue;
        size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s%d", length ? "," : "", number);
    }
    if (*list)
        setenv(CALLER "IGNORED", list, 1);
}

void record_caller(void)
{
    /* Those of a launcher further up would mislead. */
    unsetenv(CALLER "NOFILE");
    unsetenv(CALLER "IGNORED");
    unsetenv(CALLER "WATCHER");
    put_node_variables_aside();
    record_open_files_limit();
    record_ignored_signals();
}
