/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A path such as `T.motor.speed`, and what it means in a twin of one model.
 *
 *     $dtId   $etag   $freshness   $metadata   $metadata.$model   $metadata.$lastUpdateTime
 *     PROPERTY   PROPERTY.FIELD.KEY   $metadata.PROPERTY.lastUpdateTime   … .sourceTime
 *     COMPONENT   COMPONENT.PROPERTY …   COMPONENT.$metadata …
 *
 * and in a relationship: $relationshipId, $sourceId, $targetId, $relationshipName, $etag and its
 * properties.
 *
 * Names are case sensitive; what a model does not have is missing, which is no error. Threads: any.
 */
#ifndef PX_EXPR_PATH_H
#define PX_EXPR_PATH_H

#include "model/layout.h"

typedef struct px_expr_path {
    uint32_t source; /* index of the named thing it begins at */
    uint32_t count;  /* steps behind that name; 0: the thing itself */
    const px_str *steps;
} px_expr_path;

bool px_expr_path_eq(const px_expr_path *a, const px_expr_path *b);

typedef enum px_expr_what {
    PX_EXPR_MISSING,
    PX_EXPR_ROW, /* the whole twin */
    PX_EXPR_ID,
    PX_EXPR_ETAG,
    PX_EXPR_FRESHNESS, /* "fresh", "late", "stale", "unknown"; missing where none is declared */
    PX_EXPR_METADATA,  /* the twin's, or with `component` that one's */
    PX_EXPR_MODEL_ID,
    PX_EXPR_TIME, /* $lastUpdateTime of the twin or of `component` */
    PX_EXPR_FIELD,
    PX_EXPR_FIELD_METADATA,
    PX_EXPR_FIELD_TIME,
    PX_EXPR_FIELD_SOURCE_TIME,
    PX_EXPR_COMPONENT, /* the whole component */

    PX_EXPR_EDGE, /* the whole relationship; its ETag is ETAG */
    PX_EXPR_EDGE_ID,
    PX_EXPR_EDGE_NAME,
    PX_EXPR_EDGE_SOURCE,
    PX_EXPR_EDGE_TARGET,
    PX_EXPR_EDGE_PROPERTY, /* from its first step on it goes into the properties */
} px_expr_what;

typedef struct px_expr_binding {
    px_expr_what what;
    uint32_t field;     /* FIELD…: property number */
    uint32_t component; /* METADATA, TIME, COMPONENT: index or PX_NO_COMPONENT */
    uint32_t rest;      /* FIELD: the first step that goes into the value; the count when none */
} px_expr_binding;

/* Telemetries' last values are found only `with_telemetry`: they are no part of a twin document. */
px_expr_binding px_expr_bind(const px_layout *layout, const px_expr_path *path,
                             bool with_telemetry);
/* The same for a relationship: no model is asked. */
px_expr_binding px_expr_bind_edge(const px_expr_path *path);

#endif
