/* SPDX-License-Identifier: Apache-2.0 */
/* Real machines: every value of the pump loop and the milling machine back digit for digit, and
 * what a row costs. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "px_test.h"
#include "rows_gen.h"

enum { COLUMNS_MAX = 64, TIME_BYTES = 19, MEMORY = 1 << 26 };

typedef struct totals {
    uint64_t rows, values, raw_bytes, block_bytes, blocks, lossless;
    double encode_s, decode_s;
} totals;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Cuts the block's next rows off the text; the first cell is a time where `timed`. */
static px_rows take_rows(px_str *text, char separator, bool timed, uint64_t row_first,
                         px_arena *arena, totals *all)
{
    uint32_t columns = 0;
    px_rows rows = { 0 };

    while (text->len > 0 && rows.count < PX_BLOCK_ROWS_MAX) {
        px_str line = px_str_cut(text, '\n');
        uint32_t r = rows.count;

        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (columns == 0) {
            for (size_t i = 0; i < line.len; i++)
                columns += line.ptr[i] == separator;
            columns += timed ? 0 : 1;
            rows = test_rows_new(arena, PX_BLOCK_ROWS_MAX, columns, 0);
            rows.count = 0;
            for (uint32_t c = 0; c < columns; c++) {
                rows.columns[c].rows = PX_ARENA_ARRAY(arena, uint16_t, PX_BLOCK_ROWS_MAX);
                rows.columns[c].values = PX_ARENA_ARRAY(arena, px_value, PX_BLOCK_ROWS_MAX);
            }
        }
        all->raw_bytes += line.len + 1;
        rows.times[r] = INT64_C(1583748873000000000) + (int64_t)(row_first + r) * 100000000;
        if (timed) {
            char iso[TIME_BYTES + 1];
            px_str at = px_str_cut(&line, separator);

            CHECK_EQ(at.len, TIME_BYTES);
            memcpy(iso, at.ptr, TIME_BYTES);
            iso[10] = 'T';
            iso[TIME_BYTES] = 'Z';
            CHECK_EQ(px_time_parse(px_str_of(iso, TIME_BYTES + 1), &rows.times[r], NULL), PX_OK);
        }
        rows.sources[r] = rows.times[r];
        rows.arrivals[r] = rows.times[r] + 1000000 + (int64_t)((r * 7919) % 500000);
        rows.seqs[r] = (int64_t)(row_first + r) * 12 + r % 3;
        for (uint32_t c = 0; c < columns; c++) {
            px_str cell = px_str_cut(&line, separator);
            px_num num;

            rows.columns[c].rows[r] = (uint16_t)r;
            if (px_num_parse(cell, &num, NULL) == PX_OK)
                rows.columns[c].values[r] = px_value_num(num);
            else
                rows.columns[c].values[r] = px_value_text(cell);
            rows.columns[c].count++;
            all->values++;
        }
        rows.count++;
    }
    return rows;
}

static void play_file(const char *path, char separator, bool timed, totals *all)
{
    px_str file = px_test_read_file(path), text = file;
    uint64_t row = 0;

    px_str_cut(&text, '\n');
    while (text.len > 0) {
        PX_AUTO_ARENA arena = { 0 };
        px_buf buf = { 0 };
        px_rows rows, got;
        double start;

        px_arena_init(&arena, MEMORY);
        rows = take_rows(&text, separator, timed, row, &arena, all);
        start = seconds();
        px_block_encode(&buf, &rows);
        all->encode_s += seconds() - start;
        CHECK_EQ(buf.status, PX_OK);
        start = seconds();
        got = test_rows_read(px_buf_str(&buf), &arena, NULL);
        all->decode_s += seconds() - start;
        test_rows_equal(&got, &rows);
        row += rows.count;
        all->rows += rows.count;
        all->block_bytes += buf.len;
        all->blocks++;
        px_buf_release(&buf);
    }
    px_free((void *)(uintptr_t)file.ptr);
}

static void play_folder(const char *folder, const char *prefix, char separator, bool timed,
                        totals *all)
{
    char root[4096], path[8192];
    struct dirent *entry;
    DIR *dir;

    snprintf(root, sizeof(root), "%s", px_test_shared(folder));
    dir = opendir(root);
    CHECK(dir != NULL);
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", root, entry->d_name);
        play_file(path, separator, timed, all);
    }
    closedir(dir);
}

static void tell(const char *name, const totals *t)
{
    printf("%s: %llu rows, %llu values in %llu blocks; %.1f bytes a row, %.2f a value, text %.1f a "
           "row; encode %.0f ns, decode %.0f ns a value\n",
           name, (unsigned long long)t->rows, (unsigned long long)t->values,
           (unsigned long long)t->blocks, (double)t->block_bytes / (double)t->rows,
           (double)t->block_bytes / (double)t->values, (double)t->raw_bytes / (double)t->rows,
           t->encode_s * 1e9 / (double)t->values, t->decode_s * 1e9 / (double)t->values);
}

PX_TEST(every_value_of_the_pump_loop_comes_back_digit_for_digit)
{
    totals all = { 0 };

    play_folder("series/manufacturing/skab/valve1", "", ';', true, &all);
    play_folder("series/manufacturing/skab/valve2", "", ';', true, &all);
    play_folder("series/manufacturing/skab/other", "", ';', true, &all);
    play_folder("series/manufacturing/skab/anomaly-free", "", ';', true, &all);
    tell("skab", &all);
    CHECK(all.rows > 20000);
    CHECK(all.block_bytes * 4 < all.raw_bytes);
}

PX_TEST(every_value_of_the_milling_machine_comes_back_digit_for_digit)
{
    totals all = { 0 };

    play_folder("series/manufacturing/cnc_mill", "experiment_", ',', false, &all);
    tell("cnc_mill", &all);
    CHECK(all.rows > 3000);
    CHECK(all.block_bytes * 3 < all.raw_bytes);
}

PX_TEST_MAIN()
