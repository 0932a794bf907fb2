/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk whose syncs are slow, or fail, on command: preloaded into the server by the stories of
 * tests/integration. $SLOW_DISK names a file that holds `MILLISECONDS ok` or `MILLISECONDS fail`;
 * it is read at every sync, and whatever is not there means a good disk.
 *
 *     cc -shared -fPIC -o slow_disk.so slow_disk.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int sync_function(int fd);

static int slow_sync(const char *name, int fd)
{
    const char *path = getenv("SLOW_DISK");
    FILE *file = path ? fopen(path, "re") : NULL;
    char word[8] = "ok";
    long wait_ms = 0;
    sync_function *real;

    if (file) {
        if (fscanf(file, "%ld %7s", &wait_ms, word) < 1)
            wait_ms = 0;
        fclose(file);
    }
    nanosleep(&(struct timespec){ wait_ms / 1000, wait_ms % 1000 * 1000000 }, NULL);
    if (strcmp(word, "fail") == 0) {
        errno = EIO;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fdatasync(int fd)
{
    return slow_sync("fdatasync", fd);
}

int fsync(int fd)
{
    return slow_sync("fsync", fd);
}
