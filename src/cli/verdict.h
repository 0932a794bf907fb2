/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is wrong with models, as JSON for programs and as lines with a caret for people.
 *
 * Threads: one.
 */
#ifndef PX_CLI_VERDICT_H
#define PX_CLI_VERDICT_H

#include "cli/cli.h"
#include "model/model.h"

/* {"valid":false,"errors":[{"rule":"missingContext","file":…,"line":1,"column":2,"path":"/0",
 * "message":"…"}]} and, when not all were told, "truncated":true. `file` is left out where a text
 * has no name, `line` and `column` where there is no place. */
void px_put_verdict(px_buf *buf, bool valid, const px_model_report *report,
                    const px_model_file *texts);

/* "FILE:LINE:COLUMN: SENTENCE (rule)", the line, a caret; for each error. */
void px_put_complaints(px_buf *buf, const px_model_report *report, const px_model_file *texts);

/* The line with its number, and a caret below the column; of a long line the part around it.
 * Nothing when there is no such place. */
void px_put_excerpt(px_buf *buf, px_str text, uint32_t line, uint32_t column);

#endif
