/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What commands print: lists as tables or as one JSON array, things as facts or as their JSON.
 *
 * Threads: one.
 */
#ifndef PX_CLI_OUT_H
#define PX_CLI_OUT_H

#include "cli/api.h"
#include "cli/table.h"

/* A column of a list: a head and the keys that lead to the value, parted by '/'. */
typedef struct px_out_column {
    const char *head;
    const char *path; /* "$metadata/$model"; "=text" is that text in every row; "?state" is a column
                         that is left out where no row has it */
    bool right;
} px_out_column;

/* The value as a person reads it: text unquoted, null and absent empty, arrays of text with commas,
 * all else as JSON. */
void px_put_plain(px_buf *buf, const px_json *value);

/* The value that `path` leads to, or NULL. */
const px_json *px_out_find(const px_json *item, const char *path);

/* Lists all items of an API path: a table, or with --json an array of the items as they came.
 * `columns` ends with a row without head. */
PX_NODISCARD px_status px_out_list(px_cli *cli, const char *path, const px_out_column *columns,
                                   px_err *ret_err);

/* The same; `ret_count` gets how many there were. */
PX_NODISCARD px_status px_out_list_counted(px_cli *cli, const char *path,
                                           const px_out_column *columns, size_t *ret_count,
                                           px_err *ret_err);

/* The value as one line of JSON. */
PX_NODISCARD px_status px_out_json(px_cli *cli, const px_json *value, px_err *ret_err);

/* With --json the value, else the sentence. `value` may be NULL: then {"ok":true}. */
PX_NODISCARD px_status px_out_done(px_cli *cli, const px_json *value, px_err *ret_err,
                                   const char *format, ...) PX_PRINTF(4, 5);

/* The members of an object that are not null, one a line, name and value. */
PX_NODISCARD px_status px_out_facts(px_cli *cli, const px_json *object, px_err *ret_err);

/* A member of an object: the text, or the number; an empty text is left out. */
void px_put_member(px_json_writer *writer, const char *key, px_str text);
void px_put_number_member(px_json_writer *writer, const char *key, uint64_t number);

/* Prints the text when `status` is PX_OK, and releases it. Gives the first failure. */
PX_NODISCARD px_status px_out_text(px_cli *cli, px_status status, px_buf *text, px_err *ret_err);

/* Prints and releases the table. */
PX_NODISCARD px_status px_out_table(px_cli *cli, px_table *table, px_err *ret_err);

#endif
