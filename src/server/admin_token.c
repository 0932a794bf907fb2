/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin_token.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "sync/credential.h"

typedef struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool answered;
} waiter;

static void answer(px_request *request)
{
    waiter *w = request->data;

    pthread_mutex_lock(&w->lock);
    w->answered = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->lock);
}

static px_status submit_and_wait(px_engine *engine, px_request *request, px_err *ret_err)
{
    waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };
    px_status status;

    request->done = answer;
    request->data = &w;
    status = px_engine_submit(engine, request, request);
    if (status != PX_OK)
        return px_fail(ret_err, status, "the engine does not take the first token");
    pthread_mutex_lock(&w.lock);
    while (!w.answered)
        pthread_cond_wait(&w.done, &w.lock);
    pthread_mutex_unlock(&w.lock);
    if (request->result.status != PX_OK && ret_err)
        *ret_err = request->result.err;
    return request->result.status;
}

static px_status fail_errno(px_err *ret_err, const char *what, const char *path)
{
    px_status status = errno == ENOSPC ? PX_FULL : errno == EACCES ? PX_DENIED : PX_IO;

    return px_fail(ret_err, status, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Written beside, synced, renamed, and the directory synced: there whole or not at all. */
static px_status write_file(const char *data_dir, const char *path, const char *token,
                            px_err *ret_err)
{
    char draft[PATH_MAX];
    int fd, dir;

    snprintf(draft, sizeof(draft), "%.4000s.new", path);
    fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(ret_err, "write", draft);
    if (dprintf(fd, "%s\n", token) < 0 || fsync(fd) != 0) {
        px_status status = fail_errno(ret_err, "write", draft);

        close(fd);
        return status;
    }
    close(fd);
    if (rename(draft, path) != 0)
        return fail_errno(ret_err, "write", path);
    dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    return PX_OK;
}

/* The file first, then the credential: a crash in between leaves a token that the next start
 * replaces. */
static px_status make_token(px_engine *engine, const char *data_dir, const char *path,
                            px_credential *credential, px_err *ret_err)
{
    px_credential_grant grant = { .tenant = PX_FIRST_TENANT,
                                  .role = PX_ROLE_ADMIN,
                                  .name = PX_STR("admin"),
                                  .operates_tenants = true };
    px_document_write write = { .kind = PX_STR("credential"), .in_tenant_zero = true };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                           .principal = { .tenant = PX_FIRST_TENANT,
                                          .role = PX_ROLE_ADMIN,
                                          .id = PX_STR("first-start") },
                           .documents = &write,
                           .document_count = 1 };
    px_buf body = { 0 };
    px_status status;

    px_credential_make(px_engine_env(engine), &grant, credential, &body);
    status = px_buf_status(&body, ret_err);
    write.id = px_str_c(credential->id);
    write.body = px_buf_str(&body);
    if (status == PX_OK)
        status = write_file(data_dir, path, credential->text, ret_err);
    if (status == PX_OK)
        status = submit_and_wait(engine, &request, ret_err);
    px_buf_release(&body);
    return status;
}

static bool read_file(const char *path, char *ret_token, size_t size)
{
    FILE *file = fopen(path, "re");
    bool got = file && fgets(ret_token, (int)size, file);

    if (got)
        ret_token[strcspn(ret_token, "\r\n")] = '\0';
    if (file)
        fclose(file);
    return got;
}

static bool is_known(px_engine *engine, const char *token)
{
    px_evidence evidence = { .text = px_str_c(token) };
    px_credential_proof proof;
    px_principal principal;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1024 * 1024);
    return px_credential_prove(px_engine_env(engine), px_engine_documents(engine), &evidence,
                               &arena, &principal, &proof, NULL) == PX_OK;
}

px_status px_admin_token(px_engine *engine, const char *data_dir, char *ret_token, size_t size,
                         bool *ret_is_new, px_err *ret_err)
{
    px_credential credential;
    char path[PATH_MAX];
    bool is_new = px_documents_count(px_engine_documents(engine), 0, PX_STR("credential")) == 0;

    *ret_is_new = is_new;
    if (snprintf(path, sizeof(path), "%s/admin.token", data_dir) >= (int)sizeof(path))
        return px_fail(ret_err, PX_INVALID, "the path of the data directory is too long");
    if (!is_new) {
        /* the admin may have removed the file: then nobody is told a token again */
        if (!read_file(path, ret_token, size))
            ret_token[0] = '\0';
        else if (!is_known(engine, ret_token))
            return px_fail(
                ret_err, PX_CORRUPT,
                "%s holds no token that this data directory knows; put the right file back "
                "or remove it",
                path);
        return PX_OK;
    }
    PX_TRY(make_token(engine, data_dir, path, &credential, ret_err));
    px_assert(size > PX_CREDENTIAL_BYTES);
    memcpy(ret_token, credential.text, PX_CREDENTIAL_BYTES + 1);
    return PX_OK;
}
