/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's own disk and clocks, in a folder of the test's own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "px_test.h"

typedef struct folder {
    px_env *env;
    char dir[64], path[80];
    px_file *file;
} folder;

static folder open_folder(void)
{
    folder f = { .env = px_env_posix(), .dir = "/tmp/pollux-env-XXXXXX" };
    px_err err;

    CHECK(mkdtemp(f.dir));
    snprintf(f.path, sizeof(f.path), "%s/file", f.dir);
    CHECK_OK(
        f.env->open(f.env, f.path, PX_OPEN_READ | PX_OPEN_WRITE | PX_OPEN_CREATE, &f.file, &err),
        &err);
    return f;
}

static void close_folder(folder *f)
{
    if (f->file)
        f->env->close(f->env, f->file);
    CHECK_EQ(f->env->remove(f->env, f->path), PX_OK);
    CHECK_EQ(rmdir(f->dir), 0);
}

PX_TEST(what_was_written_is_read_and_the_end_gives_less)
{
    folder f = open_folder();
    char bytes[16] = { 0 };
    int64_t size = 0;
    size_t got = 0;

    CHECK_EQ(f.env->write(f.env, f.file, "twin", 4, 10), PX_OK);
    CHECK_EQ(f.env->sync(f.env, f.file), PX_OK);
    CHECK_EQ(f.env->size(f.env, f.file, &size), PX_OK);
    CHECK_EQ(size, 14);
    CHECK_EQ(f.env->read(f.env, f.file, bytes, sizeof(bytes), 8, &got), PX_OK);
    CHECK_EQ(got, 6);
    CHECK(memcmp(bytes, "\0\0twin", 6) == 0);
    CHECK_EQ(f.env->read(f.env, f.file, bytes, sizeof(bytes), 100, &got), PX_OK);
    CHECK_EQ(got, 0);
    CHECK_EQ(f.env->truncate(f.env, f.file, 3), PX_OK);
    CHECK_EQ(f.env->size(f.env, f.file, &size), PX_OK);
    CHECK_EQ(size, 3);
    close_folder(&f);
}

PX_TEST(a_new_file_is_its_owners_alone)
{
    folder f = open_folder();
    struct stat st;

    CHECK_EQ(stat(f.path, &st), 0);
    CHECK_EQ(st.st_mode & 0077, 0);
    close_folder(&f);
}

PX_TEST(a_missing_file_is_not_found_and_is_named)
{
    px_env *env = px_env_posix();
    px_file *file = NULL;
    px_err err;
    bool there = true;

    CHECK_EQ(env->open(env, "/tmp/pollux-no-such/file", PX_OPEN_READ, &file, &err), PX_NOT_FOUND);
    CHECK(!file && strstr(err.text, "/tmp/pollux-no-such/file"));
    CHECK_EQ(env->exists(env, "/tmp/pollux-no-such/file", &there), PX_OK);
    CHECK(!there);
    CHECK_EQ(env->remove(env, "/tmp/pollux-no-such/file"), PX_OK);
}

PX_TEST(exclusive_refuses_a_file_that_is_there)
{
    folder f = open_folder();
    px_file *second = NULL;

    CHECK(f.env->open(f.env, f.path, PX_OPEN_WRITE | PX_OPEN_CREATE | PX_OPEN_EXCLUSIVE, &second,
                      NULL) != PX_OK);
    CHECK(!second);
    close_folder(&f);
}

PX_TEST(a_file_opened_for_reading_cannot_be_written)
{
    folder f = open_folder();
    px_file *reader = NULL;

    CHECK_EQ(f.env->open(f.env, f.path, PX_OPEN_READ, &reader, NULL), PX_OK);
    CHECK(f.env->write(f.env, reader, "x", 1, 0) != PX_OK);
    f.env->close(f.env, reader);
    close_folder(&f);
}

PX_TEST(a_lock_is_held_until_its_file_is_closed)
{
    folder f = open_folder();
    px_file *second = NULL;

    CHECK_EQ(f.env->open(f.env, f.path, PX_OPEN_WRITE, &second, NULL), PX_OK);
    CHECK_EQ(f.env->lock(f.env, f.file), PX_OK);
    CHECK_EQ(f.env->lock(f.env, second), PX_BUSY);
    f.env->close(f.env, f.file);
    f.file = NULL;
    CHECK_EQ(f.env->lock(f.env, second), PX_OK);
    f.env->close(f.env, second);
    close_folder(&f);
}

PX_TEST(the_folder_of_a_file_can_be_synced_and_has_room)
{
    folder f = open_folder();

    CHECK_EQ(f.env->sync_dir(f.env, f.path), PX_OK);
    CHECK_EQ(f.env->sync_dir(f.env, "/tmp/pollux-no-such/file"), PX_NOT_FOUND);
    CHECK(f.env->free_bytes(f.env, f.dir) > 0);
    CHECK(f.env->free_bytes(f.env, "/tmp/pollux-no-such/file") == INT64_MAX);
    close_folder(&f);
}

PX_TEST(a_file_that_is_not_there_yet_has_the_room_of_its_folder)
{
    folder f = open_folder();
    char path[sizeof(f.path) + 8];

    snprintf(path, sizeof(path), "%s.new", f.path);
    CHECK(f.env->free_bytes(f.env, path) > 0);
    CHECK(f.env->free_bytes(f.env, path) < INT64_MAX);
    close_folder(&f);
}

PX_TEST(a_file_that_is_renamed_takes_the_place_of_the_other)
{
    folder f = open_folder();
    char path[sizeof(f.path) + 8];
    bool there = false;

    snprintf(path, sizeof(path), "%s.new", f.path);
    CHECK_EQ(f.env->rename(f.env, path, f.path), PX_NOT_FOUND);
    CHECK_EQ(f.env->rename(f.env, f.path, path), PX_OK);
    CHECK_EQ(f.env->exists(f.env, f.path, &there), PX_OK);
    CHECK(!there);
    CHECK_EQ(f.env->rename(f.env, path, f.path), PX_OK);
    CHECK_EQ(f.env->exists(f.env, f.path, &there), PX_OK);
    CHECK(there);
    close_folder(&f);
}

PX_TEST(time_passes_while_it_sleeps)
{
    px_env *env = px_env_posix();
    int64_t before = env->monotonic_ns(env);

    env->sleep_ns(env, 2 * PX_SECOND / 1000);
    CHECK(env->monotonic_ns(env) - before >= 2 * PX_SECOND / 1000);
    CHECK(env->now(env) > 1700000000 * PX_SECOND);
}

PX_TEST(random_bytes_do_not_repeat)
{
    px_env *env = px_env_posix();
    char a[600], b[600];

    env->random(env, a, sizeof(a));
    env->random(env, b, sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK(memcmp(a, a + 300, 300) != 0);
}

PX_TEST_MAIN()
