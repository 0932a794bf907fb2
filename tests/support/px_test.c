/* SPDX-License-Identifier: Apache-2.0 */
#include "px_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static px_test_case *cases;
static bool skipped;

void px_test_register(px_test_case *test_case)
{
    test_case->next = cases;
    cases = test_case;
}

uint64_t px_gen_u64(px_gen *gen)
{
    uint64_t z = (gen->state += UINT64_C(0x9E3779B97F4A7C15)); /* SplitMix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t px_gen_below(px_gen *gen, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;

    return (uint64_t)(((wide)px_gen_u64(gen) * bound) >> 64);
}

void px_test_run_prop(const px_test_case *test_case)
{
    const char *wanted = getenv("PX_SEED");
    uint64_t seed = wanted ? strtoull(wanted, NULL, 0) : 1;
    int rounds = wanted ? 1 : test_case->rounds;

    for (int round = 0; round < rounds; round++) {
        px_gen gen = { seed + (uint64_t)round };

        /* Said before the round, and taken back after it: a crash leaves it on the screen. */
        fprintf(stderr, "[ SEED     ] %s PX_SEED=%llu\n", test_case->name,
                (unsigned long long)(seed + (uint64_t)round));
        test_case->prop(&gen);
    }
}

static int run_one(const px_test_case *test_case)
{
    const struct CMUnitTest test = { test_case->name, test_case->run, NULL, NULL, NULL };

    return _cmocka_run_group_tests(test_case->name, &test, 1, NULL, NULL);
}

int px_test_main(int argc, char **argv)
{
    const char *only = argc == 3 && strcmp(argv[1], "--run") == 0 ? argv[2] : NULL;
    bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
    int failed = 0, found = 0;

    for (px_test_case *c = cases; c; c = c->next) {
        if (only && strcmp(only, c->name) != 0)
            continue;
        found++;
        if (list)
            puts(c->name);
        else
            failed += run_one(c);
    }
    if (found == 0) {
        fprintf(stderr, "no case named '%s'; --list shows them\n", only ? only : "");
        return 1;
    }
    return failed ? 1 : only && skipped ? 77 : 0;
}

const char *px_test_shared(const char *name)
{
    static char path[4096];
    const char *root = getenv("PX_SHARED_DATA");

    snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/data", name);
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "skipped: real test data '%s' is not there (PX_SHARED_DATA)\n", name);
        skipped = true;
        skip();
    }
    return path;
}

px_str px_test_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t len = 0, cap = 0;

    if (!file) {
        fprintf(stderr, "cannot read %s\n", path);
        fail();
    }
    for (;;) {
        if (len == cap) {
            cap = cap ? cap * 2 : 65536;
            bytes = px_realloc(bytes, cap + 1);
            px_assert(bytes);
        }
        size_t got = fread(bytes + len, 1, cap - len, file);
        if (got == 0)
            break;
        len += got;
    }
    fclose(file);
    bytes[len] = '\0';
    return px_str_of(bytes, len);
}

void px_check_slice(px_str got, px_str wanted, const char *file, int line)
{
    if (px_str_eq(got, wanted))
        return;
    fprintf(stderr, "got    '%.*s'\nwanted '%.*s'\n", PX_FMT(got), PX_FMT(wanted));
    _fail(file, line);
}

void px_check_ok(px_status status, const px_err *err, const char *file, int line)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "%s: %s (%s) at %u:%u %s\n", px_status_code(status), err ? err->text : "",
            err && err->id ? err->id : "", err ? err->line : 0, err ? err->column : 0,
            err ? err->path : "");
    _fail(file, line);
}
