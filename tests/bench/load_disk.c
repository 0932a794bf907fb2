/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit of the latency rows: how long fdatasync takes on this disk.
 *
 *   px_load_disk DIR [COUNT]
 *
 * Writes 8 KiB behind the last in a file of DIR, as a log grows, syncs, and prints p50, p99 and
 * worst of COUNT such syncs as JSON.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

int main(int argc, char **argv)
{
    enum { BLOCK = 8192, BLOCKS = 1024 };
    static load_histogram took;
    static char block[BLOCK];
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 500;
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/fdatasync.probe", argc > 1 ? argv[1] : ".");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        load_die(path);
    for (long i = 0; i < BLOCKS;
         i++) /* the file has its size: the log of a running server has too */
        if (pwrite(fd, block, BLOCK, i * BLOCK) != BLOCK)
            load_die("write");
    fsync(fd);
    for (long i = 0; i < count; i++) {
        double from;

        memset(block, (int)i, sizeof(block));
        from = load_seconds();
        if (pwrite(fd, block, BLOCK, i % BLOCKS * BLOCK) != BLOCK || fdatasync(fd) != 0)
            load_die("write");
        load_record(&took, (uint64_t)((load_seconds() - from) * 1e6));
        usleep(1000);
    }
    close(fd);
    unlink(path);
    printf("{");
    load_print_latencies(&took);
    printf("}\n");
    return 0;
}
