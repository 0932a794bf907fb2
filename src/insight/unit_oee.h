/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The OEE of a work unit or of a line over a period, from its history.
 *
 * A work unit is a twin whose model has `state`, `totalCount`, `goodCount` and `idealCycleTime`. A
 * line is a twin that `contains` work units: its OEE is that of its bottleneck, the unit with the
 * longest ideal cycle time, because a lost minute there is a lost minute of the line.
 * Threads: any; waits for the fold of history, and for the disk.
 */
#ifndef PX_INSIGHT_UNIT_OEE_H
#define PX_INSIGHT_UNIT_OEE_H

#include "history/history.h"
#include "insight/oee.h"

/* A unit that said nothing for so long is not known meanwhile. */
#define PX_OEE_SILENCE_NS_MAX (300 * PX_SECOND)

typedef struct px_unit_oee {
    px_str unit; /* in the arena: whose figures these are */
    px_oee_figures figures;
    px_oee oee;
} px_unit_oee;

/**
 * @param principal  needs PX_ACTION_READ_HISTORY on the twin and, for a line, on its bottleneck
 * @param from       below `to`
 * Errors: PX_NOT_FOUND (no such twin; kpi.none: it is neither a work unit nor a line),
 * PX_INVALID (kpi.range), PX_DENIED, PX_UNAUTHORIZED, and those of px_history_range.
 */
PX_NODISCARD px_status px_unit_oee_read(px_history *history, px_graph *graph,
                                        const px_registry *registry, const px_principal *principal,
                                        px_str twin_id, px_time from, px_time to, px_arena *arena,
                                        px_unit_oee *ret_oee, px_err *ret_err);

#endif
