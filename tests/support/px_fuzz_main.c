/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short form of fuzzing, for every build: plays each corpus file and then seeded mutations of
 * them through LLVMFuzzerTestOneInput for `--seconds N`. No coverage guides it; `./dev fuzz` runs
 * the same targets under libFuzzer. A crash prints the round's seed; `--seed S` starts there.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 1 << 16, CORPUS_MAX = 512 };

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

static input corpus[CORPUS_MAX];
static size_t corpus_count;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static unsigned long long seed_now;

/* The sanitizers' last call, and abort's. */
static void say_seed(void)
{
    fprintf(stderr, "\nthe failing round: --seed %llu\n", seed_now);
}

static void on_abort(int signal_number)
{
    (void)signal_number;
    say_seed();
}

extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void load(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[4096];

    if (!dir)
        return;
    for (struct dirent *e; corpus_count < CORPUS_MAX && (e = readdir(dir));) {
        FILE *file;

        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        file = fopen(path, "rb");
        if (!file)
            continue;
        uint8_t *bytes = malloc(INPUT_BYTES_MAX);
        if (!bytes)
            abort();
        corpus[corpus_count++] = (input){ bytes, fread(bytes, 1, INPUT_BYTES_MAX, file) };
        fclose(file);
    }
    closedir(dir);
}

/* A copy of one input with a few bytes flipped, cut, doubled, or taken from another input. */
static size_t mutate(uint8_t *out, uint64_t *state)
{
    size_t size = 0;

    if (corpus_count > 0) {
        const input *from = &corpus[next_random(state) % corpus_count];

        memcpy(out, from->bytes, from->size);
        size = from->size;
    }
    for (uint64_t n = next_random(state) % 8 + 1; n > 0; n--) {
        uint64_t r = next_random(state);
        size_t at = size ? (size_t)(r >> 8) % size : 0;

        switch (r % 6) {
        case 0:
            if (size)
                out[at] ^= (uint8_t)(1u << (r >> 40) % 8);
            break;
        case 1:
            if (size)
                out[at] = (uint8_t)(r >> 48);
            break;
        case 2:
            size = at;
            break;
        case 3:
            if (size < INPUT_BYTES_MAX) {
                memmove(out + at + 1, out + at, size - at);
                out[at] = (uint8_t)(r >> 48);
                size++;
            }
            break;
        case 4:
            if (size > at) {
                memmove(out + at, out + at + 1, size - at - 1);
                size--;
            }
            break;
        default:
            if (corpus_count > 0) {
                const input *other = &corpus[next_random(state) % corpus_count];
                size_t len = other->size ? next_random(state) % other->size : 0;

                len = len > INPUT_BYTES_MAX - at ? INPUT_BYTES_MAX - at : len;
                memcpy(out + at, other->bytes, len);
                size = at + len > size ? at + len : size;
            }
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, rounds = 0;
    double seconds = 3;
    clock_t end;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 0);
        else
            load(argv[i]);
    }
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say_seed);
    for (size_t i = 0; i < corpus_count; i++)
        LLVMFuzzerTestOneInput(corpus[i].bytes, corpus[i].size);

    end = clock() + (clock_t)(seconds * (double)CLOCKS_PER_SEC);
    while (clock() < end) {
        /* exactly as many bytes as the input has, so that a read past it is seen */
        static uint8_t scratch[INPUT_BYTES_MAX];
        uint64_t state = seed + rounds++;
        size_t size = mutate(scratch, &state);
        uint8_t *exact = malloc(size ? size : 1);

        if (!exact)
            abort();
        memcpy(exact, scratch, size);
        seed_now = seed + rounds - 1;
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    printf("%zu corpus inputs, %llu mutations, no crash\n", corpus_count,
           (unsigned long long)rounds);
    return 0;
}
