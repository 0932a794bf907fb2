/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modelling language by itself: validate and resolve a large ontology, and many small models.
 *
 * argv[1] is an ontology of the shared test data, one `{"file": …, "model": {…}}` a line; all its
 * Interfaces are one set. The small ones are an Interface each, with a base and four contents, the
 * shape of a line of `pollux model validate --each`. CPU time of the process, median of the rounds;
 * memory is the peak of the process over what it had with the texts read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/model.h"

enum { ROUNDS = 9, SMALL = 20000 };

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void must(px_status status, const px_err *err)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "bench_model: %s (line %u, column %u)\n", err->text, err->line, err->column);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static px_str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;
    char *text;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    text = px_zalloc(1, (size_t)size + 1);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
        exit(1);
    fclose(file);
    return px_str_of(text, (size_t)size);
}

/* The models of all lines as one array. */
static void gather(px_str lines, px_buf *buf)
{
    px_str rest = lines;
    px_arena arena;
    px_err err = { 0 };

    px_arena_init(&arena, SIZE_MAX);
    px_put_char(buf, '[');
    while (rest.len > 0) {
        px_str line = px_str_cut(&rest, '\n');
        px_json *root;

        if (line.len == 0)
            continue;
        px_arena_reset(&arena);
        must(px_json_parse(line, NULL, &arena, &root, &err), &err);
        px_put_c(buf, buf->len > 1 ? "," : "");
        px_put(buf, px_json_get(root, PX_STR("model"))->raw);
    }
    px_put_char(buf, ']');
    px_arena_release(&arena);
}

static void large(const char *path)
{
    px_models_opts opts = { .models_max = 100000 };
    double times[ROUNDS], before, after;
    px_str lines = read_file(path);
    px_buf text = { 0 };
    px_err err = { 0 };
    size_t count = 0;

    gather(lines, &text);
    px_free((void *)(uintptr_t)lines.ptr);
    before = peak_mib();
    for (int round = 0; round < ROUNDS; round++) {
        px_model_set set = { 0 };
        double start = cpu_ms();

        must(px_models_parse_all(px_buf_str(&text), &opts, &set, NULL, &err), &err);
        times[round] = cpu_ms() - start;
        count = set.count;
        px_model_set_release(&set);
    }
    after = peak_mib();
    qsort(times, ROUNDS, sizeof(*times), by_value);
    printf(
        "%zu Interfaces, %.1f KiB of text: %.1f ms CPU, %.1f MiB above the text (process %.1f)\n",
        count, (double)text.len / 1024, times[ROUNDS / 2], after - before, after);
    px_buf_release(&text);
}

static void put_small(px_buf *buf, uint32_t i)
{
    px_buf_clear(buf);
    px_putf(
        buf,
        "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Base%u;1\",\"@type\":"
        "\"Interface\","
        "\"contents\":{\"@type\":\"Property\",\"name\":\"serial\",\"schema\":\"string\"}},"
        "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Pump%u;1\",\"@type\":"
        "\"Interface\","
        "\"extends\":\"dtmi:ex:Base%u;1\",\"displayName\":\"Pump\",\"contents\":["
        "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\",\"writable\":true},"
        "{\"@type\":\"Telemetry\",\"name\":\"pressure\",\"schema\":\"double\"},"
        "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"target\":\"dtmi:ex:Pump%u;1\"},"
        "{\"@type\":\"Property\",\"name\":\"place\",\"schema\":{\"@type\":\"Object\",\"fields\":["
        "{\"name\":\"x\",\"schema\":\"double\"},{\"name\":\"y\",\"schema\":\"double\"}]}}]}]",
        i, i, i, i);
}

static void small(void)
{
    px_models_opts opts = { .nested_interfaces = true };
    px_buf text = { 0 };
    px_err err = { 0 };
    double start = cpu_ms(), spent;

    for (uint32_t i = 0; i < SMALL; i++) {
        px_model_set set = { 0 };

        put_small(&text, i);
        must(px_models_parse_all(px_buf_str(&text), &opts, &set, NULL, &err), &err);
        px_model_set_release(&set);
    }
    spent = cpu_ms() - start;
    printf("%d sets of two small Interfaces: %.0f sets a second\n", SMALL, SMALL / spent * 1e3);
    px_buf_release(&text);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "use: px_bench_model ONTOLOGY.ndjson\n");
        return 2;
    }
    large(argv[1]);
    small();
    return 0;
}
