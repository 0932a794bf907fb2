/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which column of a CSV file becomes which property.
 *
 * A map is a list of items, separated by commas, or one a line in a file (`@file`, where `#` begins
 * a comment line):
 *
 *     auto                    every column, its name made a property name
 *     column=property         this column as that property
 *     column=property:text    … as text, number or boolean, whatever the cell looks like
 *     -column                 not this column
 *
 * Nothing given is `auto`; a map of nothing but `-column` items adds to `auto`; with a
 * `column=property` and no `auto`, only the named columns are taken. A property name is made by
 * turning every run of other characters than letters, digits and underscore into one underscore
 * (`Volume Flow RateRMS` → Volume_Flow_RateRMS). Threads: one at a time.
 */
#ifndef PX_CLI_COLMAP_H
#define PX_CLI_COLMAP_H

#include "base/arena.h"
#include "base/cell.h"
#include "base/vec.h"

typedef struct px_colmap_item {
    px_str column, property; /* property is empty for `-column` */
    px_cell_kind kind;
} px_colmap_item;

typedef struct px_colmap {
    px_arena arena;
    PX_VEC(px_colmap_item) items;
    bool has_auto, has_named;
} px_colmap;

typedef struct px_column {
    px_str property; /* empty: the column is not taken */
    px_cell_kind kind;
} px_column;

void px_colmap_init(px_colmap *map);
void px_colmap_release(px_colmap *map);

/* Adds the items of `text`. Errors: PX_INVALID, and of reading the file PX_NOT_FOUND, PX_IO. */
PX_NODISCARD px_status px_colmap_add(px_colmap *map, px_str text, px_err *ret_err);

/**
 * Applies the map to a header.
 *
 * @param skip         a column that auto leaves out (the time); SIZE_MAX: none
 * @param ret_columns  `count` entries, borrowed from the map's arena
 * Errors: PX_INVALID (a named column is not there, a name twice, no column left).
 */
PX_NODISCARD px_status px_colmap_bind(px_colmap *map, const px_str *header, size_t count,
                                      size_t skip, px_column **ret_columns, px_err *ret_err);

/* The property name made from a column's: at most 512 bytes; `column_N` when nothing is left. */
void px_put_property_name(px_buf *buf, px_str column, size_t index);

#endif
