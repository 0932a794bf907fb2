/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the load generators share: arguments, clocks, the CPU time of the server, a histogram of
 * latencies. Loopback only. Not part of the program.
 */
#ifndef PX_BENCH_LOAD_H
#define PX_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `--name VALUE` of the command line; `otherwise` when it is not there. */
const char *load_text(int argc, char **argv, const char *name, const char *otherwise);
long load_number(int argc, char **argv, const char *name, long otherwise);

double load_seconds(void); /* monotonic */
int64_t load_wall_us(void);
/* utime + stime of all threads of a process, from /proc/PID/stat; 0 when it is gone. */
double load_cpu_seconds(long pid);

/* A connected socket with TCP_NODELAY; ends the program when nobody listens. */
int load_connect(int port);
void load_unblock(int fd);
void load_send_all(int fd, const char *bytes, size_t size); /* of a blocking socket */
_Noreturn void load_die(const char *what);

/* `2026-11-01T12:00:00.123456Z`, 27 bytes, no NUL. */
enum { LOAD_TIME_BYTES = 27 };
void load_put_time(char *out, int64_t wall_us);
/* The time that stands at `text`, with any number of decimals; -1 when there is none. */
int64_t load_read_time(const char *text, size_t size);

/* Microseconds, 1.6 % wide: 64 steps to each doubling. */
enum { LOAD_STEPS = 64, LOAD_BUCKETS = 40 * LOAD_STEPS };
typedef struct load_histogram {
    uint64_t counts[LOAD_BUCKETS];
    uint64_t count, worst;
} load_histogram;
void load_record(load_histogram *h, uint64_t us);
uint64_t load_percentile(const load_histogram *h, double part); /* 0.99; the bucket's upper end */

/* `"p50_us":…,"p99_us":…,"p999_us":…,"worst_us":…` on stdout */
void load_print_latencies(const load_histogram *h);

#endif
