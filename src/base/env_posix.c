/* SPDX-License-Identifier: Apache-2.0 */
/* The machine behind px_env: its clocks, getrandom(2) and files. */
#include "base/env.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"

struct px_file {
    int fd;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * PX_SECOND + t.tv_nsec;
}

static px_time now(px_env *env)
{
    (void)env;
    return clock_ns(CLOCK_REALTIME);
}

static int64_t monotonic_ns(px_env *env)
{
    (void)env;
    return clock_ns(CLOCK_MONOTONIC);
}

static void random_bytes(px_env *env, void *ret_bytes, size_t size)
{
    char *at = ret_bytes;

    (void)env;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);

        if (got < 0) {
            px_assert(errno == EINTR);
            continue;
        }
        at += got;
        size -= (size_t)got;
    }
}

static void sleep_ns(px_env *env, int64_t duration_ns)
{
    (void)env;
    px_pause_ns(duration_ns);
}

static px_status status_of_errno(int code)
{
    switch (code) {
    case ENOENT:
        return PX_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return PX_DENIED;
    case ENOSPC:
    case EDQUOT:
        return PX_FULL;
    case ENOMEM:
        return PX_NO_MEMORY;
    default:
        return PX_IO;
    }
}

static px_status open_file(px_env *env, const char *path, int flags, px_file **ret_file,
                           px_err *ret_err)
{
    int mode = flags & PX_OPEN_WRITE ? O_RDWR : O_RDONLY;
    px_file *file = px_alloc(sizeof(*file));

    (void)env;
    if (!file)
        return px_no_memory(ret_err);
    mode |= flags & PX_OPEN_CREATE ? O_CREAT : 0;
    mode |= flags & PX_OPEN_EXCLUSIVE ? O_EXCL : 0;
    file->fd = open(path, mode | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        int code = errno;

        px_free(file);
        return px_fail(ret_err, status_of_errno(code), "cannot open %s: %s", path, strerror(code));
    }
    *ret_file = file;
    return PX_OK;
}

static void close_file(px_env *env, px_file *file)
{
    (void)env;
    close(file->fd);
    px_free(file);
}

static px_status read_file(px_env *env, px_file *file, void *ret_bytes, size_t size, int64_t offset,
                           size_t *ret_size)
{
    size_t done = 0;

    (void)env;
    while (done < size) {
        ssize_t got =
            pread(file->fd, (char *)ret_bytes + done, size - done, offset + (int64_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_of_errno(errno);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_size = done;
    return PX_OK;
}

static px_status write_file(px_env *env, px_file *file, const void *bytes, size_t size,
                            int64_t offset)
{
    size_t done = 0;

    (void)env;
    while (done < size) {
        ssize_t put =
            pwrite(file->fd, (const char *)bytes + done, size - done, offset + (int64_t)done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return status_of_errno(errno);
        done += (size_t)put;
    }
    return PX_OK;
}

static px_status truncate_file(px_env *env, px_file *file, int64_t size)
{
    (void)env;
    return ftruncate(file->fd, size) == 0 ? PX_OK : status_of_errno(errno);
}

static px_status sync_file(px_env *env, px_file *file)
{
    (void)env;
    return fdatasync(file->fd) == 0 ? PX_OK : status_of_errno(errno);
}

static px_status size_file(px_env *env, px_file *file, int64_t *ret_size)
{
    struct stat st;

    (void)env;
    if (fstat(file->fd, &st) != 0)
        return status_of_errno(errno);
    *ret_size = st.st_size;
    return PX_OK;
}

static px_status remove_file(px_env *env, const char *path)
{
    (void)env;
    return unlink(path) == 0 || errno == ENOENT ? PX_OK : status_of_errno(errno);
}

static px_status rename_file(px_env *env, const char *from, const char *to)
{
    (void)env;
    return rename(from, to) == 0 ? PX_OK : status_of_errno(errno);
}

static px_status exists_file(px_env *env, const char *path, bool *ret_exists)
{
    (void)env;
    *ret_exists = access(path, F_OK) == 0;
    return *ret_exists || errno == ENOENT ? PX_OK : status_of_errno(errno);
}

static px_status sync_dir(px_env *env, const char *path)
{
    char copy[PATH_MAX];
    px_status status;
    int fd;

    (void)env;
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return PX_INVALID;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return status_of_errno(errno);
    status = fsync(fd) == 0 ? PX_OK : status_of_errno(errno);
    close(fd);
    return status;
}

static px_status lock_file(px_env *env, px_file *file)
{
    (void)env;
    if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
        return PX_OK;
    return errno == EWOULDBLOCK ? PX_BUSY : status_of_errno(errno);
}

/* A file that is not there yet will lie where its directory does. */
static int64_t free_bytes(px_env *env, const char *path)
{
    char copy[PATH_MAX];
    struct statvfs st;

    (void)env;
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return INT64_MAX;
    if (statvfs(path, &st) != 0 && statvfs(dirname(copy), &st) != 0)
        return INT64_MAX;
    return (int64_t)(st.f_bavail * st.f_frsize);
}

px_env *px_env_posix(void)
{
    static px_env env = {
        .now = now,
        .monotonic_ns = monotonic_ns,
        .random = random_bytes,
        .sleep_ns = sleep_ns,
        .open = open_file,
        .close = close_file,
        .read = read_file,
        .write = write_file,
        .truncate = truncate_file,
        .sync = sync_file,
        .size = size_file,
        .remove = remove_file,
        .rename = rename_file,
        .exists = exists_file,
        .sync_dir = sync_dir,
        .lock = lock_file,
        .free_bytes = free_bytes,
    };

    return &env;
}
