/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The models that a command is about: of files, of folders, of the server, as one set.
 *
 * A word that begins with `dtmi:` is a model of the server, whose version may be left out when
 * there is one such; any other word is a path. No word at all: every model of the server. What the
 * named models need is in the set as well, and is not named itself. Threads: one.
 */
#ifndef PX_CLI_WORLD_H
#define PX_CLI_WORLD_H

#include "cli/cli.h"
#include "cli/texts.h"
#include "model/model.h"

#define PX_WORLD_MODELS_MAX 100000

typedef struct px_world_opts {
    const char *const *words;
    size_t count;
    bool whole; /* when the server is asked at all, for all its models: who uses whom */
    const px_model_source *stored; /* models that files may refer to; NULL: none */
} px_world_opts;

typedef struct px_world {
    px_model_set set;
    bool *named;    /* of each model of the set: it was asked for */
    px_texts texts; /* what the set was made of; those of the server have a model's id as name */
    size_t local;   /* so many of the texts, the first ones, are of files */
    px_arena arena;
} px_world;

/* True for a word that names a model of the server. */
bool px_word_is_model(const char *word);

/**
 * Reads, asks and parses. What is wrong with the models goes to stderr, each with its place.
 *
 * Errors: PX_INVALID, PX_NOT_FOUND (names the nearest), those of px_texts_add and px_api_call.
 * Whatever it gives, px_world_release gives it back.
 */
PX_NODISCARD px_status px_world_open(px_cli *cli, const px_world_opts *opts, px_world *ret_world,
                                     px_err *ret_err);
/* The same for all operands of the command. */
PX_NODISCARD px_status px_world_of(px_cli *cli, const px_args *args, bool whole,
                                   px_world *ret_world, px_err *ret_err);
void px_world_release(px_world *world);

/* The Interface with that id; it may be given without its version when there is one such. Errors:
 * PX_NOT_FOUND (names the nearest), PX_INVALID (several versions). */
PX_NODISCARD px_status px_world_find(const px_model_set *set, const char *id,
                                     const px_model **ret_model, px_err *ret_err);
/* The one that `id` (may be NULL) means, or the only one that is named. */
PX_NODISCARD px_status px_world_one(const px_world *world, const char *id,
                                    const px_model **ret_model, px_err *ret_err);
bool px_world_is_named(const px_world *world, const px_model *model);

/* An id without its version. */
px_str px_id_unversioned(px_str id);

/* Adds the models of a list of the server (`/models?…`), with their definitions. */
PX_NODISCARD px_status px_texts_add_served(px_cli *cli, px_texts *texts, const char *path,
                                           px_err *ret_err);

/* The path of the list of those models and all that they need; "" gives all models. */
void px_put_served_path(px_buf *path, const char *const *ids, size_t count);

#endif
