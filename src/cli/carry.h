/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What becomes of the values of twins that go to another model: by what name, or not at all, and
 * what is given to those that lack something.
 *
 * Rules come as words (`--rename old=new`, `--drop old`, `--set new=value`) and as a file
 * {"rename": {"old": "new"}, "drop": ["old"], "set": {"new": 1}}. A path is a property, a property
 * of a component (`motor.hours`), a whole component, a relationship, or a property of one
 * (`feeds.since`). Threads: one.
 */
#ifndef PX_CLI_CARRY_H
#define PX_CLI_CARRY_H

#include "base/vec.h"
#include "cli/opts.h"
#include "model/fit.h"

typedef struct px_renaming {
    px_str from, to; /* paths; `to` empty: left out */
} px_renaming;

typedef struct px_filling {
    const px_field *field; /* of the new model */
    px_str value;          /* JSON, checked */
} px_filling;

typedef struct px_carry {
    const px_model *from, *to;
    PX_VEC(px_renaming) renamings;
    PX_VEC(px_filling) fillings;
    px_arena *arena;
} px_carry;

/**
 * Reads and checks the rules of a command: every path must be one of its model, every value must
 * fit, and no two values may end in one place.
 *
 * Errors: PX_INVALID (names the rule and the nearest path), those of px_file_read for --map.
 */
PX_NODISCARD px_status px_carry_read(px_carry *carry, const px_args *args, px_err *ret_err);
void px_carry_release(px_carry *carry);

/* Where the value, relationship or property of one goes; an empty name: it is left out. `owner` is
 * a component or relationship, or empty. Slices are the arena's, or those that were given. */
void px_carry_map(const px_carry *carry, px_str owner, px_str name, px_str *ret_owner,
                  px_str *ret_name);

#endif
