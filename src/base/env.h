/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The seam: clock, random numbers and disk reach the core through this table and in no other way.
 *
 * The server fills it with the machine's (base/env_posix.c); the simulation with a fake clock, one
 * seed, and a disk that loses, reorders and tears what was not synced. Every call takes the `env`
 * it came from. Threads: clock and random from any; a px_file from one thread at a time, different
 * files from different ones.
 */
#ifndef PX_BASE_ENV_H
#define PX_BASE_ENV_H

#include "base/time.h"

typedef struct px_env px_env;
typedef struct px_file px_file; /* opaque to all but the env that gave it */

enum {
    PX_OPEN_READ = 1,
    PX_OPEN_WRITE = 2,
    PX_OPEN_CREATE = 4,
    PX_OPEN_EXCLUSIVE = 8, /* with CREATE: fails when it is there */
};

/* What the disk says. Everything but these is PX_IO. */
struct px_env {
    px_time (*now)(px_env *env);          /* UTC; may jump */
    int64_t (*monotonic_ns)(px_env *env); /* never goes back */
    void (*random)(px_env *env, void *ret_bytes, size_t size);
    void (*sleep_ns)(px_env *env, int64_t duration_ns);

    /* Paths are NUL-terminated. Errors: PX_NOT_FOUND, PX_DENIED, PX_FULL (no space), PX_IO. */
    px_status (*open)(px_env *env, const char *path, int flags, px_file **ret_file,
                      px_err *ret_err);
    void (*close)(px_env *env, px_file *file);
    /* Short reads at the end of the file give fewer bytes in `ret_size`; nothing else does. */
    px_status (*read)(px_env *env, px_file *file, void *ret_bytes, size_t size, int64_t offset,
                      size_t *ret_size);
    px_status (*write)(px_env *env, px_file *file, const void *bytes, size_t size, int64_t offset);
    px_status (*truncate)(px_env *env, px_file *file, int64_t size);
    px_status (*sync)(px_env *env,
                      px_file *file); /* durable when PX_OK; after a failure nothing is known */
    px_status (*size)(px_env *env, px_file *file, int64_t *ret_size);
    px_status (*remove)(px_env *env, const char *path); /* PX_OK when it was not there */
    /* Takes the place of what bears the name `to`. Durable once the directory is synced. */
    px_status (*rename)(px_env *env, const char *from, const char *to);
    px_status (*exists)(px_env *env, const char *path, bool *ret_exists);
    px_status (*sync_dir)(px_env *env, const char *path); /* of the directory that holds `path` */
    /* One process at a time: held until the file is closed. PX_BUSY when another process has it. */
    px_status (*lock)(px_env *env, px_file *file);
    int64_t (*free_bytes)(px_env *env,
                          const char *path); /* on the disk of `path`; INT64_MAX if unknown */

    void *data; /* of whoever filled the table */
};

/* The machine's own clock, getrandom, and files. Never fails; one per process is enough. */
px_env *px_env_posix(void);

#endif
