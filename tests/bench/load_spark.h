/* SPDX-License-Identifier: Apache-2.0 */
/** Sparkplug B payloads of a hundred metrics, `m0` to `m99`, as an edge node sends them. */
#ifndef PX_BENCH_LOAD_SPARK_H
#define PX_BENCH_LOAD_SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_SPARK_METRICS = 100, LOAD_SPARK_BYTES_MAX = LOAD_SPARK_METRICS * 64 + 64 };

/* A birth has names and types, data only the aliases. `turn` makes the values. Gives the size. */
size_t load_spark_payload(char out[LOAD_SPARK_BYTES_MAX], bool is_birth, unsigned seq, int64_t ms,
                          uint32_t turn);

#endif
