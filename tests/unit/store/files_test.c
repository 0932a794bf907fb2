/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a tenant's files. What files are for is told by the tests of jobs. */
#include "store/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "px_test.h"

enum { TENANT = 1 };

static char dir[64];
static px_files *files;
static px_err err;

static void begin(void)
{
    snprintf(dir, sizeof(dir), "/tmp/px-files-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    CHECK_OK(px_files_new(dir, NULL, &files, &err), &err);
}

static void end(void)
{
    char command[128];

    px_files_free(files);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK_EQ(system(command), 0);
}

/* A first byte of so many. */
static px_status put(uint32_t tenant, px_str name, int64_t total)
{
    bool whole;

    return px_files_put(files, tenant, name, PX_STR("x"), 0, total, &whole, &err);
}

PX_TEST(a_name_is_as_long_as_the_limit_and_no_longer)
{
    char name[PX_FILE_NAME_BYTES_MAX + 1];

    begin();
    memset(name, 'n', sizeof(name));
    CHECK_OK(put(TENANT, px_str_of(name, PX_FILE_NAME_BYTES_MAX), 1), &err);
    CHECK_EQ(put(TENANT, px_str_of(name, PX_FILE_NAME_BYTES_MAX + 1), 1), PX_INVALID);
    CHECK_STR(err.id, "file.name");
    end();
}

PX_TEST(a_tenant_has_as_many_files_as_the_limit_and_no_more)
{
    char path[160];
    FILE *file;

    begin();
    CHECK_OK(put(TENANT, PX_STR("first"), 1), &err); /* makes the folders */
    for (int i = 1; i < PX_FILES_MAX - 1; i++) {
        snprintf(path, sizeof(path), "%s/files/%d/f%d", dir, TENANT, i);
        file = fopen(path, "we");
        CHECK(file != NULL);
        fclose(file);
    }
    CHECK_OK(put(TENANT, PX_STR("last"), 1), &err);
    CHECK_EQ(put(TENANT, PX_STR("one-more"), 1), PX_LIMIT);
    CHECK_STR(err.id, "file.limit");
    CHECK_OK(put(TENANT, PX_STR("last"), 1), &err);      /* in place of one that is there */
    CHECK_OK(put(TENANT + 1, PX_STR("first"), 1), &err); /* another tenant has its own */
    end();
}

PX_TEST(the_files_of_a_tenant_are_as_large_as_the_limit_and_no_larger)
{
    begin();
    CHECK_OK(put(TENANT, PX_STR("large"), PX_FILE_BYTES_MAX), &err);
    CHECK_EQ(put(TENANT, PX_STR("large"), PX_FILE_BYTES_MAX + 1), PX_LIMIT);
    CHECK_OK(put(TENANT, PX_STR("small"), 1), &err);
    CHECK_OK(put(TENANT, PX_STR("large"), PX_FILE_BYTES_MAX - 1), &err); /* together */
    CHECK_EQ(put(TENANT, PX_STR("large"), PX_FILE_BYTES_MAX), PX_LIMIT);
    end();
}

PX_TEST_MAIN()
