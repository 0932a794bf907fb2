/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Import and delete jobs: one thread that works them off, one job of a tenant at a time.
 *
 * A job is a document of kind `job`, `imports/ID` or `deletions/ID`: what it is to do, its status,
 * and how far it is. The thread writes it with every chunk, so a job that was running when the
 * server ended goes on behind the last chunk at the next start. Room-internal.
 */
#ifndef PX_API_JOBS_H
#define PX_API_JOBS_H

#include <stdatomic.h>

#include "api/inner.h"
#include "bulk/reader.h"

typedef enum px_job_status {
    PX_JOB_NOT_STARTED,
    PX_JOB_RUNNING,
    PX_JOB_FAILED,
    PX_JOB_SUCCEEDED,
    PX_JOB_CANCELLING,
    PX_JOB_CANCELLED,
    PX_JOB_STATUSES
} px_job_status;

const char *px_job_status_name(px_job_status status);

typedef enum px_job_kind { PX_JOB_IMPORT, PX_JOB_DELETION, PX_JOB_KINDS } px_job_kind;

const char *px_job_prefix(px_job_kind kind); /* "imports/" */

typedef struct px_job {
    px_job_kind kind;
    uint32_t tenant;
    px_str id, by; /* by: the principal that asked for it */
    /* import: as given, and where that is: files/NAME or folder/PATH */
    px_str input_uri, output_uri, input, output;
    px_job_status status;
    px_time created, last_action, finished; /* finished: PX_TIME_NONE until then */
    px_time deadline;                       /* deletion: PX_TIME_NONE without one */
    px_str error_code, error_text;          /* when it failed */

    /* how far an import is: behind this line of the input, and with so much of the output */
    px_bulk_section section;
    uint64_t line, end, logged;
    uint64_t taken, refused;

    px_arena arena;        /* of the texts */
    _Atomic bool *cancels; /* somebody asked to */
} px_job;

/* The document's body, and the way back. `job->arena` is made; release it. PX_CORRUPT. */
void px_put_job(px_buf *buf, const px_job *job);
PX_NODISCARD px_status px_job_read(const px_document *document, px_job *ret_job, px_err *ret_err);

/* ---- the thread ---- */

typedef struct px_jobs px_jobs;

/* Takes up what an earlier run of the server left. */
PX_NODISCARD px_status px_jobs_new(px_api *api, px_jobs **ret_jobs, px_err *ret_err);
/* Ends after the chunk at hand; the job stays as it is. */
void px_jobs_stop(px_jobs *jobs);
void px_jobs_free(px_jobs *jobs);

/* Claims the tenant for this job, before its document is written; false when another one is under
 * way. Then either px_jobs_start or px_jobs_unclaim. */
bool px_jobs_claim(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id);
void px_jobs_unclaim(px_jobs *jobs, uint32_t tenant);
void px_jobs_start(px_jobs *jobs, uint32_t tenant);
/* Asks the job under way to end; false when this one is not. */
bool px_jobs_cancel(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id);
bool px_jobs_is_cancelling(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id);

/* ---- for the runs ---- */

bool px_jobs_stopping(px_jobs *jobs);
/* A second, or until the server ends: false. For what may be tried again. */
bool px_jobs_wait(px_jobs *jobs);
px_api *px_jobs_api(px_jobs *jobs);
/* Writes the job's document, again and again until it is there. PX_INTERRUPTED: the server ends. */
PX_NODISCARD px_status px_jobs_save(px_jobs *jobs, px_job *job, px_err *ret_err);

/* To the end, or as far as the server runs (PX_INTERRUPTED). The job's own failure is in it. */
px_status px_job_import_run(px_jobs *jobs, px_job *job);
px_status px_job_deletion_run(px_jobs *jobs, px_job *job);
void px_job_end(px_job *job, px_job_status status, const px_err *err);

#endif
