/* SPDX-License-Identifier: Apache-2.0 */
/* What is written over a file is read back, and the file is as it was. */
#include "store/dry_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "px_test.h"

enum { SIZE = 10000 };

static char path[64];
static px_dry_env *dry;

static void begin(void)
{
    char bytes[SIZE];
    px_err err;
    int fd;

    snprintf(path, sizeof(path), "/tmp/px-dry-XXXXXX");
    fd = mkstemp(path);
    CHECK(fd >= 0);
    memset(bytes, 'a', sizeof(bytes));
    CHECK_EQ(write(fd, bytes, sizeof(bytes)), SIZE);
    close(fd);
    CHECK_OK(px_dry_env_new(path, "d/it", &dry, &err), &err);
}

static void end(void)
{
    px_dry_env_free(dry);
    CHECK_EQ(unlink(path), 0);
}

static px_file *open_it(const char *name, int flags)
{
    px_env *env = px_dry_env_env(dry);
    px_file *file;
    px_err err;

    CHECK_OK(env->open(env, name, flags, &file, &err), &err);
    return file;
}

static void check_bytes(px_file *file, int64_t at, const char *wanted)
{
    px_env *env = px_dry_env_env(dry);
    char bytes[16] = { 0 };
    size_t got;

    CHECK_EQ(env->read(env, file, bytes, strlen(wanted), at, &got), PX_OK);
    CHECK_EQ(got, strlen(wanted));
    CHECK_STR(bytes, wanted);
}

PX_TEST(what_is_written_over_a_file_is_read_and_the_file_stays)
{
    px_env *env;
    px_file *file;
    char byte = 0;
    FILE *real;

    begin();
    env = px_dry_env_env(dry);
    file = open_it("d/it", PX_OPEN_READ | PX_OPEN_WRITE);
    check_bytes(file, 4094, "aaaa");
    CHECK_EQ(env->write(env, file, "bcde", 4, 4094), PX_OK); /* over the edge of a page */
    check_bytes(file, 4093, "abcdea");
    CHECK_EQ(env->write(env, file, "z", 1, SIZE + 2), PX_OK); /* grows, with a hole */
    check_bytes(file, SIZE - 1, "a");
    check_bytes(file, SIZE + 2, "z");
    env->close(env, file);
    real = fopen(path, "re");
    CHECK(real && fseek(real, 4094, SEEK_SET) == 0 && fread(&byte, 1, 1, real) == 1);
    CHECK_EQ(byte, 'a');
    fclose(real);
    end();
}

PX_TEST(other_names_are_files_in_memory_until_they_are_removed)
{
    px_env *env;
    px_file *file;
    int64_t size = -1;
    bool there = true;
    px_err err;

    begin();
    env = px_dry_env_env(dry);
    CHECK_EQ(env->open(env, "d/log", PX_OPEN_READ, &file, &err), PX_NOT_FOUND);
    file = open_it("d/log", PX_OPEN_READ | PX_OPEN_WRITE | PX_OPEN_CREATE);
    CHECK_EQ(env->write(env, file, "hello", 5, 0), PX_OK);
    CHECK_EQ(env->truncate(env, file, 0), PX_OK);
    CHECK_EQ(env->write(env, file, "x", 1, 3), PX_OK);
    CHECK_EQ(env->size(env, file, &size), PX_OK);
    CHECK_EQ(size, 4);
    check_bytes(file, 3, "x");
    env->close(env, file);
    CHECK_EQ(env->remove(env, "d/log"), PX_OK);
    CHECK_EQ(env->exists(env, "d/log", &there), PX_OK);
    CHECK(!there);
    CHECK_EQ(env->open(env, "d/log", PX_OPEN_READ, &file, &err), PX_NOT_FOUND);
    end();
}

PX_TEST_MAIN()
