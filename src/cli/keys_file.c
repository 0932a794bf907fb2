/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static px_status fail(px_err *ret_err, const char *what, const char *path)
{
    return px_fail(ret_err, PX_IO, "cannot %s '%s': %s", what, path, strerror(errno));
}

px_status px_keys_file_open(const char *path, int *ret_fd, px_err *ret_err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    px_buf head = { 0 };
    struct stat info;
    px_status status = PX_OK;

    if (fd < 0)
        return fail(ret_err, "write", path);
    if (fstat(fd, &info) != 0)
        status = fail(ret_err, "look at", path);
    else if (info.st_mode & (S_IRWXG | S_IRWXO))
        status =
            px_fail_id(ret_err, PX_DENIED, "cli.keys",
                       "others may read '%s'; `chmod 600 %s` keeps the keys to you", path, path);
    else if (info.st_size == 0)
        px_put_c(&head, "id,key\n");
    if (status == PX_OK && head.len)
        status = px_keys_file_append(fd, &head, ret_err);
    px_buf_release(&head);
    if (status != PX_OK)
        close(fd);
    else
        *ret_fd = fd;
    return status;
}

static bool wants_quotes(px_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr("\",;\t| \r\n", text.ptr[i]))
            return true;
    return false;
}

static void put_cell(px_buf *buf, px_str text)
{
    bool quoted = wants_quotes(text);

    if (quoted)
        px_put_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            px_put_char(buf, '"');
        px_put_char(buf, text.ptr[i]);
    }
    if (quoted)
        px_put_char(buf, '"');
}

void px_put_keys_line(px_buf *buf, px_str id, px_str key)
{
    put_cell(buf, id);
    px_put_char(buf, ',');
    put_cell(buf, key);
    px_put_char(buf, '\n');
}

px_status px_keys_file_append(int fd, px_buf *lines, px_err *ret_err)
{
    size_t done = 0;

    PX_TRY(px_buf_status(lines, ret_err));
    while (done < lines->len) {
        ssize_t put = write(fd, lines->ptr + done, lines->len - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(ret_err, "write", "the file of keys");
        done += (size_t)put;
    }
    px_buf_clear(lines);
    return fsync(fd) == 0 ? PX_OK : fail(ret_err, "sync", "the file of keys");
}
