/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A status for the program, a sentence for the person.
 *
 * Every function that can fail returns px_status; the last argument `ret_err` may be NULL and is
 * written only on failure. A bug is px_assert, a bad input is a status. Threads: any.
 */
#ifndef PX_BASE_ERR_H
#define PX_BASE_ERR_H

#include "base/str.h"

/* name, API code, HTTP status, CLI exit status, meaning: one table feeds all four faces. */
#define PX_STATUS_MAP(X)                                                                           \
    X(OK, "ok", 200, 0, "success")                                                                 \
    X(INVALID, "invalid", 400, 2, "the input breaks a documented rule")                            \
    X(UNAUTHORIZED, "unauthorized", 401, 3, "no valid credential came with the request")           \
    X(DENIED, "denied", 403, 3, "the principal has no right to this")                              \
    X(NOT_FOUND, "not_found", 404, 4, "no such thing in this tenant")                              \
    X(CONFLICT, "conflict", 409, 5, "the thing is in the way, or is still needed")                 \
    X(STALE, "stale", 412, 5, "the thing changed since it was read")                               \
    X(TOO_LARGE, "too_large", 413, 6, "the input is larger than a documented limit")               \
    X(LIMIT, "limit", 429, 6, "a documented limit was reached")                                    \
    X(TIMEOUT, "timeout", 408, 7, "the work did not end in its time")                              \
    X(BUSY, "busy", 503, 7, "the server cannot take this now; try again")                          \
    X(FULL, "full", 507, 7, "the disk is full; reads go on")                                       \
    X(NO_MEMORY, "no_memory", 503, 8, "out of memory")                                             \
    X(IO, "io", 500, 9, "the disk or the network failed")                                          \
    X(CORRUPT, "corrupt", 500, 9, "stored bytes are not what we wrote")                            \
    X(UNREACHABLE, "unreachable", 502, 10, "the other side does not answer")                       \
    X(UNSUPPORTED, "unsupported", 501, 2, "known, and not offered here")                           \
    X(INTERRUPTED, "interrupted", 499, 130, "stopped by the user")

typedef enum px_status {
#define X(name, code, http, cli, meaning) PX_##name,
    PX_STATUS_MAP(X)
#undef X
        PX_STATUS_COUNT
} px_status;

typedef struct px_err {
    px_status status;
    uint32_t line, column; /* 1-based place in the input, column in bytes; 0 when there is none */
    char path[96];         /* JSON pointer into the input, or "" */
    const char *id; /* stable and static, such as "dtmi.scheme"; "" when the status says it all */
    char text[256]; /* one sentence; fixed storage, so "out of memory" can be told; what is longer
                       ends behind a word with "…" */
} px_err;

const char *px_status_code(px_status status);    /* "not_found" */
const char *px_status_meaning(px_status status); /* "no such thing in this tenant" */
int px_status_http(px_status status);
int px_status_exit(px_status status);

/* Fills `ret_err` (may be NULL), place cleared, and gives back `status`: `return px_fail(...)`. */
px_status px_fail(px_err *ret_err, px_status status, const char *format, ...) PX_PRINTF(3, 4);

/* The same with a stable id, which with its arguments names the sentence in every language. */
px_status px_fail_id(px_err *ret_err, px_status status, const char *id, const char *format, ...)
    PX_PRINTF(4, 5);

/* Adds a place to an error that has none yet; keeps a place that a deeper reader set. */
void px_err_at(px_err *err, uint32_t line, uint32_t column, px_str path);

/* Copies the sentence to where less of it may be kept: with its NUL at most `size` bytes, and no
 * part of a letter at the end. */
void px_err_copy(const px_err *err, char *ret_text, size_t size);

/* The one macro that returns: hands on every status but PX_OK. */
#define PX_TRY(call)                                                                               \
    do {                                                                                           \
        px_status px_try_status = (call);                                                          \
        if (px_try_status != PX_OK)                                                                \
            return px_try_status;                                                                  \
    } while (0)

/* A broken promise inside the program, in every build: says where and aborts. */
#define px_assert(condition)                                                                       \
    ((condition) ? (void)0 : px_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void px_assert_failed(const char *condition, const char *file, int line);

#endif
