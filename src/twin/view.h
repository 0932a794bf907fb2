/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reading one consistent state of the graph: a snapshot, or what a transaction has made so far.
 *
 * All orders are fixed: twins by number, relationships of a twin by hash of name and number, so the
 * same journal gives the same answer everywhere. Iterators live in the caller's memory and need no
 * release. Threads: a snapshot's view from any; a transaction's from the writer only, and no
 * mutation while an iterator is in use.
 *
 * A snapshot that held more than its bytes ends under its readers: they go on reading memory that
 * is safe and consistent, and px_snapshot_status (graph.h) says PX_STALE, which a reader asks at
 * its end and at every page.
 */
#ifndef PX_TWIN_VIEW_H
#define PX_TWIN_VIEW_H

#include "twin/twin.h"

typedef struct px_view px_view;

/* NULL when there is none (or the twin was deleted). The tenant must be the twin's own. */
const px_twin *px_view_twin(const px_view *view, uint32_t tenant, uint32_t twin_no);
const px_twin *px_view_find(const px_view *view, uint32_t tenant, px_str twin_id);
const px_rel *px_view_rel(const px_view *view, uint32_t tenant, uint32_t rel_no);
const px_rel *px_view_rel_find(const px_view *view, uint32_t source_no, px_str rel_id);

/**
 * Twins of a tenant, or of a set of its models (a model and all that extend it), by number.
 *
 *     px_twins at = px_twins_of(view, tenant, models, count);
 *     for (const px_twin *twin; (twin = px_twins_next(&at));)
 */
typedef struct px_twins {
    const px_view *view;
    const uint32_t *models; /* borrowed while iterating; NULL: all of the tenant */
    uint32_t model_count;
    uint32_t tenant;
    uint32_t block; /* 32 numbers at a time */
    uint32_t mask;  /* those of the block that are still to come */
    bool started, done;
} px_twins;

px_twins px_twins_of(const px_view *view, uint32_t tenant, const uint32_t *model_nos,
                     uint32_t model_count);
const px_twin *px_twins_next(px_twins *at); /* NULL at the end */
/* Goes on behind the twin with this number, which need not exist any more: for paging. */
void px_twins_seek(px_twins *at, uint32_t after_no);

/* A name as relationships are looked for by: ask once, and after the view is there. */
typedef struct px_edge_name {
    px_str name; /* borrowed; ptr NULL: all names */
    uint32_t hash;
    bool is_sure; /* no other name has this hash: no record need be read for it */
} px_edge_name;

px_edge_name px_view_edge_name(const px_view *view, px_str name);

/* Relationships of one twin: `for (const px_rel *rel; (rel = px_edges_next(&at));)`. */
typedef struct px_edges {
    const px_view *view;
    px_str name;     /* borrowed; ptr NULL: all names */
    const void *run; /* entries that lie behind the last one, in a snapshot */
    uint32_t run_left;
    uint32_t twin_no, name_hash, rel_no;
    bool incoming, started;
    bool is_sure; /* px_edge_name */
} px_edges;

px_edges px_edges_out(const px_view *view, uint32_t twin_no, px_str name);
px_edges px_edges_in(const px_view *view, uint32_t twin_no, px_str name);
px_edges px_edges_of(const px_view *view, uint32_t twin_no, const px_edge_name *name,
                     bool incoming);
const px_rel *px_edges_next(px_edges *at); /* NULL at the end */
/* The same for who wants only the number and the twin at the other end: no record is read unless a
 * name is asked for that is not sure. False at the end. */
bool px_edges_step(px_edges *at, uint32_t *ret_rel_no, uint32_t *ret_other_no);
/* The twins at the other ends of those that come next, as far as they lie side by side: at most
 * `most`, perhaps none. A hint: a name that is not sure is not compared. */
uint32_t px_edges_peek(px_edges *at, uint32_t *ret_other_nos, uint32_t most);
/* Goes on behind this relationship, for paging; the iterator must be fresh. */
void px_edges_seek(px_edges *at, px_str after_name, uint32_t after_rel_no);

/* Where relationships of a twin begin, found before anybody iterates over them; in a snapshot only,
 * in a transaction nothing is found. */
typedef struct px_edges_place {
    const void *run; /* NULL: not found */
    uint32_t run_left;
    uint32_t twin_no;
} px_edges_place;
enum { PX_EDGES_PLACES_MAX = 32 };

/* Finds places of several twins at once, which takes little longer than to find one. */
void px_edges_find(const px_view *view, const px_edge_name *name, bool incoming,
                   px_edges_place *places, uint32_t count);
/* A fresh iterator begins there; it is of the same view, twin, name and direction. */
void px_edges_begin(px_edges *fresh, const px_edges_place *place);

/* Has the records of twins fetched that are going to be read, in two steps with other work between
 * them: first where they are, then they themselves. */
void px_view_fetch_places(const px_view *view, const uint32_t *twin_nos, uint32_t count);
void px_view_fetch(const px_view *view, const uint32_t *twin_nos, uint32_t count);

/* Outgoing relationships of that name, counted up to `most`: what a maximum multiplicity asks. */
uint32_t px_view_edge_count(const px_view *view, uint32_t twin_no, px_str name, uint32_t most);
/* True when any relationship begins or ends at the twin. */
bool px_view_has_edges(const px_view *view, uint32_t twin_no);

/* Twins of a model (exactly this one), counted. Cost: one step for each 32 numbers in use, without
 * looking at a twin. */
uint64_t px_view_model_count(const px_view *view, uint32_t tenant, uint32_t model_no);

#endif
