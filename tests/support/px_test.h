/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A thin skin over cmocka: PX_TEST(a_sentence) { CHECK_EQ(got, wanted); } and PX_TEST_MAIN() at the
 * end.
 *
 * Every case registers itself; `--run NAME` runs one (exit 77 when it skipped), `--list` names
 * them. PX_PROP(name, rounds) runs its body `rounds` times with `gen`, a byte generator made from
 * PX_SEED (environment) or a fixed seed; a failure prints the seed of the round, and `PX_SEED=n`
 * plays it again alone.
 */
#ifndef PX_TEST_H
#define PX_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

typedef struct px_gen {
    uint64_t state;
} px_gen;

uint64_t px_gen_u64(px_gen *gen);
/* Uniform in [0, bound); bound > 0. */
uint64_t px_gen_below(px_gen *gen, uint64_t bound);

typedef struct px_test_case {
    const char *name;
    void (*run)(void **state);
    void (*prop)(px_gen *gen);
    int rounds;
    struct px_test_case *next;
} px_test_case;

void px_test_register(px_test_case *test_case);
int px_test_main(int argc, char **argv);
void px_test_run_prop(const px_test_case *test_case);

/* The folder of real test data (PX_SHARED_DATA), or a skip with a clear line when `name` is not
 * there. The path is in static memory, good until the next call. */
const char *px_test_shared(const char *name);
/* A whole file; the caller frees with px_free. Fails the test when it cannot be read. */
px_str px_test_read_file(const char *path);

#define PX_TEST(case_name)                                                                         \
    static void case_name(void **state);                                                           \
    __attribute__((constructor)) static void register_##case_name(void)                            \
    {                                                                                              \
        static px_test_case test_case = { .name = #case_name, .run = case_name };                  \
        px_test_register(&test_case);                                                              \
    }                                                                                              \
    static void case_name(__attribute__((unused)) void **state)

#define PX_PROP(case_name, round_count)                                                            \
    static void prop_##case_name(px_gen *gen);                                                     \
    static void case_name(__attribute__((unused)) void **state)                                    \
    {                                                                                              \
        static const px_test_case prop_case = { .name = #case_name,                                \
                                                .prop = prop_##case_name,                          \
                                                .rounds = round_count };                           \
        px_test_run_prop(&prop_case);                                                              \
    }                                                                                              \
    __attribute__((constructor)) static void register_##case_name(void)                            \
    {                                                                                              \
        static px_test_case test_case = { .name = #case_name, .run = case_name };                  \
        px_test_register(&test_case);                                                              \
    }                                                                                              \
    static void prop_##case_name(px_gen *gen)

#define PX_TEST_MAIN()                                                                             \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return px_test_main(argc, argv);                                                           \
    }

#define CHECK(condition) assert_true(condition)
#define CHECK_EQ(got, wanted) assert_int_equal((got), (wanted))
#define CHECK_STR(got, wanted) assert_string_equal((got), (wanted))
#define CHECK_SLICE(got, wanted) px_check_slice((got), px_str_c(wanted), __FILE__, __LINE__)
/* The status is PX_OK; otherwise prints the sentence of the error. */
#define CHECK_OK(call, err) px_check_ok((call), (err), __FILE__, __LINE__)

void px_check_slice(px_str got, px_str wanted, const char *file, int line);
void px_check_ok(px_status status, const px_err *err, const char *file, int line);

#endif
