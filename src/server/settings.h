/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What an operator may set beyond the command line: NAME=VALUE, in a file (--config) or in
 * px_serve_opts.env.
 *
 * Two tables, numbers and texts: name, unit, range, meaning (settings.c, docs/configuration.md). In
 * the file `#` begins a comment.
 */
#ifndef PX_SERVER_SETTINGS_H
#define PX_SERVER_SETTINGS_H

#include "base/buf.h"
#include "server/serve.h"

enum { PX_SETTING_TEXT_BYTES = 400 };

typedef struct px_settings {
    int64_t batch_age_ns, checkpoint_ns, journal_keep_bytes, journal_keep_ns, wal_bytes_max,
        snapshot_bytes_max, source_ahead_ns;
    unsigned mqtt_threads, http_threads, http_rate;
    char import_folder[PX_SETTING_TEXT_BYTES];  /* "": none */
    char backup_folder[PX_SETTING_TEXT_BYTES];  /* "": in the data directory */
    char sparkplug_host[PX_SETTING_TEXT_BYTES]; /* "": none */
} px_settings;

/* Errors: PX_INVALID with the line and what would be right, PX_NOT_FOUND (the file). */
PX_NODISCARD px_status px_settings_read(const px_serve_opts *opts, px_settings *ret_settings,
                                        px_err *ret_err);
/* docs/configuration.md. */
void px_put_settings_page(px_buf *buf);

#endif
