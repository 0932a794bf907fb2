/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one option parser: every command brings a table, nobody writes a loop over argv.
 *
 * `--name value`, `--name=value`, `-n value`, `--flag`; `--` ends the options. Options and operands
 * may come in any order. An option that takes a value takes the next word, whatever it begins with,
 * so that `--map -column` works. Unknown words are answered with the nearest known one.
 * Threads: one at a time.
 */
#ifndef PX_CLI_OPTS_H
#define PX_CLI_OPTS_H

#include "base/vec.h"

typedef struct px_opt {
    const char *name;  /* without the dashes; NULL ends a table */
    char letter;       /* 0: none */
    const char *value; /* the word in the help, such as "ID"; NULL for a flag */
    const char *help;
} px_opt;

typedef struct px_given {
    const px_opt *opt;
    const char *value; /* borrowed from argv; NULL for a flag */
} px_given;

/* Everything borrows: the tables are static, the words are argv's. */
typedef struct px_args {
    const px_opt *own, *common; /* either may be NULL */
    PX_VEC(px_given) given;
    PX_VEC(const char *) operands;
} px_args;

void px_args_release(px_args *args); /* a zeroed px_args with its tables set is an empty one */

/**
 * Reads words of argv from `*at` on; moves `*at` behind what was read.
 *
 * @param first_operand_stops  leave `*at` on the first operand (a noun, a verb) instead of keeping
 * it Errors: PX_INVALID (unknown option, missing value, value for a flag), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_args_read(px_args *args, int argc, const char *const *argv, int *at,
                                    bool first_operand_stops, px_err *ret_err);

/* `name` must be in one of the tables. The last one given wins; NULL when there is none. */
const char *px_args_get(const px_args *args, const char *name);
bool px_args_has(const px_args *args, const char *name);
/* Walks a repeated option: `for (size_t at = 0; (v = px_args_next(args, "set", &at)) != NULL;)` */
const char *px_args_next(const px_args *args, const char *name, size_t *at);

/* A whole number between min and max; `ret_value` keeps its value when the option is not given. */
PX_NODISCARD px_status px_args_count(const px_args *args, const char *name, uint64_t min,
                                     uint64_t max, uint64_t *ret_value, px_err *ret_err);
/* The operand or NULL. */
const char *px_args_operand(const px_args *args, size_t index);

#endif
