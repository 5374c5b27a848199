/*
 * The launcher: what has to happen before Node, which has threads and can't enter a user namespace, changes limits and
 * signal dispositions, and obeys NODE_OPTIONS. One program under several names:
 *
 *   skopeo, buildah, podman, crio   find the pinned Node and run the bundle of that name
 *   lighter-guard                   conmon's exit command (guard.c)
 *   "podman pause"                  keeps an ordinary user's namespaces alive (userns.c)
 */
#ifndef LIGHTER_LAUNCHER_H
#define LIGHTER_LAUNCHER_H

#define _GNU_SOURCE
#include <stdbool.h>

/* Prefix of the variables that tell Node what the caller had (launched.ts). */
#define CALLER "LIGHTER_CALLER_"

/* Prints one line and ends with podman's status for its own errors. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* caller.c: puts NODE_* aside and records limits and ignored signals in the environment. */
void record_caller(void);

/* userns.c: joins or makes the user's namespaces when the command needs them. */
bool needs_user_namespace(const char *name, int argc, char **argv);
void enter_user_namespace(const char *self);
_Noreturn void pause_forever(void);

/* watcher.c: forks the watcher for commands that start containers. */
void start_watcher(const char *name, int argc, char **argv);

/* guard.c */
_Noreturn void guard(int argc, char **argv);

#endif
