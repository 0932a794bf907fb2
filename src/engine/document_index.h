/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The published documents: by key, by number, by kind, and by what an id begins with.
 *
 * All of it is bounded by the documents that are there, not by the numbers ever given. Storing
 * needs no memory once it was reserved, so a commit cannot fail. Room-internal. Threads: the caller
 * (documents.c) locks.
 */
#ifndef PX_ENGINE_DOCUMENT_INDEX_H
#define PX_ENGINE_DOCUMENT_INDEX_H

#include "base/map.h"
#include "base/vec.h"
#include "engine/documents.h"

typedef struct px_document_entry {
    px_document doc; /* slices point behind this struct */
    uint64_t hash;   /* of the key */
    bool deleted;    /* of a change: the key goes */
    uint32_t slot, list;
    struct px_document_entry *next, *previous; /* those whose ids have the same beginning */
} px_document_entry;

/* A place keeps its number when its document goes, until there are too many of them. */
typedef struct px_document_place {
    uint32_t no;
    px_document_entry *entry; /* NULL: it went */
} px_document_place;

/* The documents of one kind of one tenant, by number. */
typedef struct px_document_list {
    uint32_t tenant;
    char *kind; /* owned */
    PX_VEC(px_document_place) places;
    size_t live;
} px_document_list;

typedef struct px_document_index {
    PX_VEC(px_document_entry *) slots; /* NULL where free */
    PX_VEC(uint32_t) free;
    px_map keys, numbers; /* to slots */
    px_map beginnings;    /* to the slot of the first of a chain */
    PX_VEC(px_document_list) lists;
    px_map list_of; /* hash of (tenant, kind) to lists */
} px_document_index;

void px_document_index_release(px_document_index *index);

uint64_t px_document_hash(uint32_t tenant, px_str kind, px_str id);
bool px_document_is(const px_document_entry *entry, uint32_t tenant, px_str kind, px_str id);

/* Room to store this entry behind `waiting` others. */
PX_NODISCARD bool px_document_index_reserve(px_document_index *index, px_document_entry *entry,
                                            size_t waiting);
/* Takes it: in place of the one with its number, or, if `deleted`, to remove that. */
void px_document_index_store(px_document_index *index, px_document_entry *entry);

px_document_entry *px_document_index_find(const px_document_index *index, uint64_t hash,
                                          uint32_t tenant, px_str kind, px_str id);
px_document_entry *px_document_index_number(const px_document_index *index, uint32_t no);
/* NULL: none was ever reserved. */
const px_document_list *px_document_index_list(const px_document_index *index, uint32_t tenant,
                                               px_str kind);
/* The first place behind the number. */
size_t px_document_list_after(const px_document_list *list, uint32_t no);

/* The first of those that may begin as this id does, up to its first slash; the rest by `next`. The
 * caller compares. */
px_document_entry *px_document_index_beginning(const px_document_index *index, uint32_t tenant,
                                               px_str kind, px_str id);

#endif
