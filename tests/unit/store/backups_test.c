/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of backups on the machine's disk. */
#include "store/backups.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "px_test.h"

static char folder[64], inner[96];
static px_backups *backups;

static void touch(const char *name)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", inner, name);
    file = fopen(path, "we");
    CHECK(file != NULL);
    fputs("x", file);
    fclose(file);
}

static void open_folder(void)
{
    px_err err;

    px_backups_free(backups);
    CHECK_OK(px_backups_new(inner, &backups, &err), &err);
}

static void begin(void)
{
    px_err err;

    snprintf(folder, sizeof(folder), "/tmp/px-backups-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(inner, sizeof(inner), "%s/backups", folder);
    open_folder();
    CHECK_OK(px_backups_prepare(backups, &err), &err); /* makes it */
}

static void end(void)
{
    char command[128];

    px_backups_free(backups);
    backups = NULL;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
}

static size_t count(void)
{
    px_file_info *infos;
    size_t n = 0;
    px_err err;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_backups_list(backups, &arena, &infos, &n, &err), &err);
    return n;
}

PX_TEST(a_start_removes_what_was_left_unfinished_and_nothing_else)
{
    char path[160];

    begin();
    touch("a.db");
    touch("b.db.part");
    touch("notes.txt");
    touch("c.part");
    open_folder();
    CHECK_EQ(count(), 1);
    snprintf(path, sizeof(path), "%s/b.db.part", inner);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof(path), "%s/c.part", inner);
    CHECK(access(path, F_OK) == 0);
    end();
}

PX_TEST(one_is_found_by_its_name_and_deleted_once)
{
    px_file_info info;
    px_err err;

    begin();
    touch("monday.db");
    CHECK_OK(px_backups_find(backups, PX_STR("monday"), &info, &err), &err);
    CHECK_EQ(info.bytes, 1);
    CHECK_OK(px_backups_remove(backups, PX_STR("monday"), &err), &err);
    CHECK_EQ(px_backups_find(backups, PX_STR("monday"), &info, &err), PX_NOT_FOUND);
    CHECK_EQ(px_backups_remove(backups, PX_STR("monday"), &err), PX_NOT_FOUND);
    end();
}

PX_TEST(no_name_leads_out_of_the_folder_or_is_longer_than_a_file_name)
{
    static const char *const bad[] = { "", "../x", "a/b", ".hidden", "a b", "x.part" };
    char longest[PX_FILE_NAME_BYTES_MAX + 1];
    size_t most = PX_FILE_NAME_BYTES_MAX - strlen(".db.part");
    px_buf path = { 0 };
    px_err err;

    begin();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_EQ(px_backups_path(backups, px_str_c(bad[i]), &path, &err), PX_INVALID);
    memset(longest, 'x', sizeof(longest));
    CHECK_OK(px_backups_path(backups, px_str_of(longest, most), &path, &err), &err);
    CHECK_EQ(px_backups_path(backups, px_str_of(longest, most + 1), &path, &err), PX_INVALID);
    px_buf_release(&path);
    end();
}

PX_TEST(a_folder_takes_its_number_of_backups_and_not_one_more)
{
    char name[32];
    px_err err;

    begin();
    for (int i = 0; i < PX_BACKUPS_MAX - 1; i++) {
        snprintf(name, sizeof(name), "b%d.db", i);
        touch(name);
    }
    CHECK_OK(px_backups_prepare(backups, &err), &err);
    touch("last.db");
    CHECK_EQ(px_backups_prepare(backups, &err), PX_LIMIT);
    CHECK_STR(err.id, "backup.count");
    end();
}

PX_TEST_MAIN()
