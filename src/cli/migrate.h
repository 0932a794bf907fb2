/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The plan of a migration: which changes of one batch make all twins of one model twins of another,
 * and which changes lead back.
 *
 * Each change of a twin and of a relationship carries the ETag that was read, so that what changed
 * meanwhile is refused. Changes of twins come first: relationships are judged by the new model.
 * Everything that is done with a value or relationship, but for carrying it as it is, is an action.
 * Threads: one.
 */
#ifndef PX_CLI_MIGRATE_H
#define PX_CLI_MIGRATE_H

#include "base/map.h"
#include "cli/carry.h"
#include "cli/cli.h"
#include "cli/holding.h"

typedef enum px_act {
    PX_ACT_RENAME,  /* a value, or a relationship, is called `to` */
    PX_ACT_DROP,    /* a value is left out */
    PX_ACT_SET,     /* a twin that has nothing there gets a value */
    PX_ACT_REMOVE,  /* a relationship is deleted */
    PX_ACT_KEEP,    /* a relationship stays although the models do not allow it */
    PX_ACT_MISSING, /* the twin cannot go: something that it must have is not there */
    PX_ACT_COUNT
} px_act;

const char *px_act_name(px_act act); /* "rename", "drop" … */

/* Borrowed by the receiver until it returns. */
typedef struct px_action {
    px_act act;
    px_str twin;         /* where it is; of a relationship its source */
    px_str relationship; /* its id; empty: a value */
    px_str path, to;
    px_str value;               /* JSON; empty: none */
    bool desired;               /* a value that is wished for */
    const char *rule, *message; /* why; NULL when it was asked for */
} px_action;

typedef px_status px_action_each(void *data, const px_action *action, px_err *ret_err);

/* One change of the batch, and the one that leads back; one of the two may be empty. JSON without
 * the closing brace: ETags of what the batch made are added once they are known. */
typedef struct px_move {
    px_str twin, relationship; /* the second is empty for a twin */
    px_str forward, back;
    bool desired; /* of desired values: stands behind the move of its twin, and has no ETag */
} px_move;

typedef struct px_migration {
    px_cli *cli;
    const px_model *from, *to;
    const px_model_set *known; /* models of the server */
    px_carry carry;
    bool keep_relationships; /* those that do not fit stay as they are */
    uint64_t limit;          /* at most so many twins; 0: all */
    px_action_each *each;
    void *data;

    PX_VEC(px_move) moves; /* texts live in the arena */
    px_arena arena;
    px_map moved;            /* hash of the id of a twin that goes, to the index of its move */
    uint64_t twins, carried; /* and values of twins that went along */
    uint64_t kept, changed;  /* relationships: as they are, or with other properties or name */
    uint64_t acts[PX_ACT_COUNT];
    size_t forward_bytes, back_bytes;
} px_migration;

/* Reads the twins and relationships of `from` and fills moves and figures. Errors: of queries and
 * of `each`; PX_TOO_LARGE when there are more twins than a batch has changes. */
PX_NODISCARD px_status px_migration_plan(px_migration *migration, px_err *ret_err);
void px_migration_release(px_migration *migration);

/* PX_TOO_LARGE when there are more changes, or more bytes there or back, than one batch takes. */
PX_NODISCARD px_status px_migration_check(const px_migration *migration, px_err *ret_err);

/* ---- for the files of the plan ---- */

PX_NODISCARD px_status px_migration_act(px_migration *migration, const px_action *action,
                                        px_err *ret_err);
/* Copies the texts. */
PX_NODISCARD px_status px_migration_move(px_migration *migration, px_str twin, px_str relationship,
                                         const px_buf *forward, const px_buf *back,
                                         px_err *ret_err);
/* `{"twin":…` and, unless it is empty, `,"relationship":…` */
void px_put_move_head(px_buf *buf, px_str twin, px_str relationship);
void px_put_condition(px_buf *buf, px_str etag); /* `,"ifMatch":…` */

/* migrate_twin.c: the twins, before all else. */
PX_NODISCARD px_status px_migration_twins(px_migration *migration, px_err *ret_err);

/* migrate_desired.c: what was wished of a twin and has a place elsewhere, or none. */
PX_NODISCARD px_status px_migration_desired(px_migration *migration, px_str twin, px_err *ret_err);

/* migrate_rels.c: the relationships of the twins that go. */
PX_NODISCARD px_status px_migration_relationships(px_migration *migration, px_err *ret_err);

#endif
