/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keys_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "px_test.h"

static char folder[64], path[96];

static void begin(void)
{
    snprintf(folder, sizeof(folder), "/tmp/pollux-keys-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/keys", folder);
}

static void end(void)
{
    unlink(path);
    rmdir(folder);
}

static void append(const char *id, const char *key)
{
    px_buf lines = { 0 };
    px_err err;
    int fd;

    CHECK_OK(px_keys_file_open(path, &fd, &err), &err);
    px_put_keys_line(&lines, px_str_c(id), px_str_c(key));
    CHECK_OK(px_keys_file_append(fd, &lines, &err), &err);
    CHECK_EQ(lines.len, 0);
    px_buf_release(&lines);
    close(fd);
}

PX_TEST(keys_are_appended_below_one_head_and_ids_are_quoted_where_needed)
{
    char text[256] = { 0 };
    struct stat info;
    FILE *file;

    begin();
    append("pump-1", "plx_1");
    append("a,\"b\"", "plx_2");
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0600);
    file = fopen(path, "r");
    CHECK(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    CHECK_STR(text, "id,key\npump-1,plx_1\n\"a,\"\"b\"\"\",plx_2\n");
    end();
}

PX_TEST(a_file_that_others_may_read_gets_no_keys)
{
    px_err err;
    int fd;

    begin();
    append("pump-1", "plx_1");
    CHECK_EQ(chmod(path, 0640), 0);
    CHECK_EQ(px_keys_file_open(path, &fd, &err), PX_DENIED);
    CHECK(strstr(err.text, "chmod 600") != NULL);
    end();
}

PX_TEST(a_folder_that_is_not_there_is_told)
{
    px_err err;
    int fd;

    begin();
    CHECK_EQ(px_keys_file_open("/nowhere/at/all", &fd, &err), PX_IO);
    end();
}

PX_TEST_MAIN()
