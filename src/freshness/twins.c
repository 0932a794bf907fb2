/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracked twins. A twin has at most one valid entry among the alarms; a sample moves its limit
 * later, and the entry is put right when its time comes, so that a sample costs no walk through the
 * heap.
 */
#include "base/heap.h"
#include "freshness/internal.h"

uint64_t pxi_fresh_hash(const px_value *value)
{
    uint64_t words[4] = { (uint64_t)value->kind };

    if (value->kind == PX_VALUE_TEXT || value->kind == PX_VALUE_JSON)
        return px_str_hash_seeded(value->text, words[0]);
    if (value->kind == PX_VALUE_BOOL)
        words[1] = value->boolean;
    if (value->kind == PX_VALUE_NUM) {
        words[1] = (uint64_t)value->num.mantissa;
        words[2] = (uint64_t)(uint8_t)value->num.exponent;
        words[3] = (uint64_t)(uint16_t)value->num.is_double;
    }
    return px_str_hash(px_str_of((const char *)words, sizeof(words)));
}

/* ---- places ---- */

px_fresh_twin *pxi_fresh_find(px_fresh *f, uint32_t twin_no)
{
    size_t at = px_map_first(&f->by_no, twin_no);

    return at == PX_MAP_END ? NULL : &f->twins.ptr[f->by_no.values[at]];
}

static uint32_t place_of(const px_fresh *f, const px_fresh_twin *twin)
{
    return (uint32_t)(twin - f->twins.ptr);
}

static void free_items(px_fresh_twin *twin)
{
    PX_VEC_EACH (&twin->items, tracked)
        px_fresh_release(&tracked->item);
    PX_VEC_EACH (&twin->sources, source)
        px_measure_release(&source->measure);
    PX_VEC_RELEASE(&twin->items);
    PX_VEC_RELEASE(&twin->sources);
}

void pxi_fresh_free_twins(px_fresh *f)
{
    PX_VEC_EACH (&f->twins, twin)
        free_items(twin);
    PX_VEC_RELEASE(&f->twins);
    PX_VEC_RELEASE(&f->unused);
    PX_VEC_RELEASE(&f->alarms);
    PX_VEC_RELEASE(&f->tallies);
    px_map_release(&f->by_no);
}

static px_fresh_twin *make(px_fresh *f, const px_fresh_subject *subject)
{
    uint32_t place = f->unused.len ? f->unused.ptr[f->unused.len - 1] : (uint32_t)f->twins.len;

    if (!px_map_reserve(&f->by_no, 1) || !PX_VEC_RESERVE(&f->unused, f->twins.len + 1))
        return NULL;
    if (f->unused.len)
        f->unused.len--;
    else if (!PX_VEC_PUSH(&f->twins, (px_fresh_twin){ 0 }))
        return NULL;
    px_map_add(&f->by_no, subject->no, place);
    f->twins.ptr[place] = (px_fresh_twin){ .tenant = subject->tenant,
                                           .no = subject->no,
                                           .model_no = subject->model_no,
                                           .since = f->now,
                                           .armed = PX_TIME_NONE };
    return &f->twins.ptr[place];
}

/* ---- counts ---- */

static uint64_t *tally_of(px_fresh *f, uint32_t tenant)
{
    PX_VEC_EACH (&f->tallies, tally)
        if (tally->tenant == tenant)
            return tally->counts;
    if (!PX_VEC_PUSH(&f->tallies, ((px_fresh_tally){ .tenant = tenant })))
        return NULL;
    return f->tallies.ptr[f->tallies.len - 1].counts;
}

/* By the tally that is there already: it was made with the first twin of the tenant. */
static void count(px_fresh *f, const px_fresh_twin *twin, bool more)
{
    uint64_t *counts = tally_of(f, twin->tenant);

    px_assert(counts);
    counts[twin->state] += more ? 1 : UINT64_MAX;
    f->stats.twins[twin->state] += more ? 1 : UINT64_MAX;
}

/* ---- alarms ---- */

static bool is_before(const void *a, const void *b)
{
    const px_fresh_alarm *x = a, *y = b;

    return x->due < y->due || (x->due == y->due && x->twin_no < y->twin_no);
}

static void push(px_fresh *f, px_fresh_alarm alarm)
{
    px_assert(f->alarms.len < f->alarms.cap);
    f->alarms.ptr[f->alarms.len++] = alarm;
    px_heap_up(f->alarms.ptr, f->alarms.len, sizeof(alarm), is_before);
}

static px_fresh_alarm pop(px_fresh *f)
{
    px_fresh_alarm first = f->alarms.ptr[0];

    f->alarms.ptr[0] = f->alarms.ptr[--f->alarms.len];
    px_heap_down(f->alarms.ptr, f->alarms.len, sizeof(first), is_before);
    return first;
}

static px_time due_of(const px_fresh_twin *twin)
{
    px_time due = PX_TIME_NONE;

    PX_VEC_EACH (&twin->items, tracked) {
        px_time at = px_fresh_due(&tracked->item, &tracked->rule.rule);

        if (at != PX_TIME_NONE && (due == PX_TIME_NONE || at < due))
            due = at;
    }
    return due;
}

/* Entries that nobody waits for any more are left behind by states that come and go before their
 * limits do: they go when they are more than the others. */
static void sweep(px_fresh *f)
{
    enum { LEAST = 16 };

    if (f->alarms.len < 2 * f->twins.len + LEAST)
        return;
    f->alarms.len = 0;
    PX_VEC_EACH (&f->twins, twin)
        if (twin->no && twin->armed != PX_TIME_NONE)
            push(f, (px_fresh_alarm){ twin->armed, place_of(f, twin), twin->no });
}

/* There is room: make_room saw to it. */
static void arm(px_fresh *f, px_fresh_twin *twin)
{
    px_time due = due_of(twin);

    if (due == PX_TIME_NONE || (twin->armed != PX_TIME_NONE && twin->armed <= due))
        return;
    push(f, (px_fresh_alarm){ due, place_of(f, twin), twin->no });
    twin->armed = due;
    sweep(f);
}

/* Takes the first entry out; NULL: it is nobody's any more. The place that it had is free for the
 * next one. */
static px_fresh_twin *take_first(px_fresh *f)
{
    px_fresh_alarm alarm = pop(f);
    px_fresh_twin *twin = &f->twins.ptr[alarm.place];

    if (twin->no != alarm.twin_no || twin->armed != alarm.due)
        return NULL;
    twin->armed = PX_TIME_NONE;
    return twin;
}

/* A sample moves a limit later, and so must the first entry, or it would be waited for in vain. */
px_time pxi_fresh_next(px_fresh *f)
{
    while (f->alarms.len) {
        px_time due = f->alarms.ptr[0].due;
        px_fresh_twin *twin = &f->twins.ptr[f->alarms.ptr[0].place];

        if (twin->no == f->alarms.ptr[0].twin_no && twin->armed == due && due_of(twin) == due)
            return due;
        twin = take_first(f);
        if (twin)
            arm(f, twin);
    }
    return PX_TIME_NONE;
}

/* ---- changes ---- */

/* For all that one event, or one moment, changes of a twin with so many items, before any of it is
 * changed: what follows cannot fail half way, and a row that is folded again finds all as it was
 * before or all done. */
static px_status make_room(px_fresh *f, size_t item_count, px_err *ret_err)
{
    enum { ALARMS = 2, CHANGES_OF_ITEM = 8, CHANGES = 4 }; /* more than ever come */

    return PX_VEC_RESERVE(&f->changes, f->changes.len + CHANGES_OF_ITEM * item_count + CHANGES) &&
                   PX_VEC_RESERVE(&f->alarms, f->alarms.len + ALARMS)
               ? PX_OK
               : px_no_memory(ret_err);
}

static void add_change(px_fresh *f, const px_fresh_change *change)
{
    px_assert(f->changes.len < f->changes.cap);
    f->changes.ptr[f->changes.len++] = *change;
}

static px_freshness worst(const px_fresh_twin *twin)
{
    px_freshness state = PX_FRESHNESS_FRESH;

    if (twin->items.len == 0)
        return PX_FRESHNESS_UNKNOWN;
    PX_VEC_EACH (&twin->items, tracked)
        state = px_fresh_worse(state, tracked->item.state);
    return state;
}

static void tell(px_fresh *f, px_fresh_twin *twin, const px_fresh_tracked *tracked,
                 px_fresh_cause cause)
{
    px_freshness state = worst(twin);
    px_fresh_change change = { .tenant = twin->tenant,
                               .twin_no = twin->no,
                               .model_no = twin->model_no,
                               .seq = f->seq,
                               .field = tracked ? tracked->rule.field : PX_NO_FIELD,
                               .item_state = tracked ? tracked->item.state : PX_FRESHNESS_UNKNOWN,
                               .item_since = tracked ? tracked->item.since : PX_TIME_NONE,
                               .cause = cause };

    twin->is_dirty = true;
    if (state != twin->state) {
        count(f, twin, false);
        twin->state = state;
        twin->since = tracked && tracked->item.since > twin->since ? tracked->item.since
                      : tracked                                    ? twin->since
                                                                   : f->now;
        count(f, twin, true);
    }
    change.state = twin->state;
    change.since = twin->since;
    add_change(f, &change);
}

/* The item whose limit comes first; NULL: none is due. */
static px_fresh_tracked *first_due(const px_fresh_twin *twin, px_time now)
{
    px_fresh_tracked *first = NULL;
    px_time due = now;

    PX_VEC_EACH (&twin->items, tracked) {
        px_time at = px_fresh_due(&tracked->item, &tracked->rule.rule);

        if (at == PX_TIME_NONE || at > due || (first && at == due))
            continue;
        first = tracked;
        due = at;
    }
    return first;
}

/* In the order of time, however far it leapt: so the twin is late and stale from when its first
 * property was. */
static void advance_twin(px_fresh *f, px_fresh_twin *twin)
{
    for (px_fresh_tracked *tracked; (tracked = first_due(twin, f->now));)
        if (px_fresh_advance(&tracked->item, &tracked->rule.rule, f->now))
            tell(f, twin, tracked, PX_CAUSE_AGE);
    arm(f, twin);
}

static bool is_any_due(const px_fresh *f)
{
    return f->alarms.len && f->alarms.ptr[0].due <= f->now;
}

px_status pxi_fresh_advance(px_fresh *f, bool *ret_more, px_err *ret_err)
{
    enum { AT_ONCE = 256 };

    for (int i = 0; i < AT_ONCE && is_any_due(f); i++) {
        px_fresh_twin *twin = &f->twins.ptr[f->alarms.ptr[0].place];

        PX_TRY(make_room(f, twin->items.len, ret_err));
        twin = take_first(f);
        if (twin) /* where a sample moved it, nothing is due of it yet */
            advance_twin(f, twin);
    }
    *ret_more = is_any_due(f);
    return PX_OK;
}

static px_fresh_tracked *tracked_of(px_fresh_twin *twin, uint32_t field)
{
    size_t low = 0, high = twin->items.len;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (twin->items.ptr[middle].rule.field < field)
            low = middle + 1;
        else
            high = middle;
    }
    return low < twin->items.len && twin->items.ptr[low].rule.field == field ? &twin->items.ptr[low]
                                                                             : NULL;
}

px_status pxi_fresh_begin_event(px_fresh *f, px_fresh_twin *twin, uint64_t seq, px_err *ret_err)
{
    PX_TRY(make_room(f, twin->items.len, ret_err));
    twin->seq = seq;
    twin->is_dirty = true;
    return PX_OK;
}

void pxi_fresh_end_event(px_fresh *f, px_fresh_twin *twin)
{
    arm(f, twin);
}

void pxi_fresh_sample(px_fresh *f, px_fresh_twin *twin, uint32_t field,
                      const px_fresh_sample *sample, px_fresh_kind *kind)
{
    px_fresh_tracked *tracked = tracked_of(twin, field);
    px_fresh_kind this;
    bool changed;

    if (!tracked || twin->seq <= tracked->seq) /* found in the graph */
        return;
    this = px_fresh_take(&tracked->item, &tracked->rule.rule, sample, &changed);
    *kind = this < *kind ? this : *kind;
    f->stats.late += this == PX_FRESH_LATE;
    f->stats.duplicates += this == PX_FRESH_DUPLICATE;
    if (changed)
        tell(f, twin, tracked, PX_CAUSE_SAMPLE);
}

static void end_tracked(px_fresh *f, px_fresh_twin *twin, px_fresh_tracked *tracked)
{
    if (px_fresh_end(&tracked->item, f->now))
        tell(f, twin, tracked, PX_CAUSE_ENDED);
}

void pxi_fresh_end(px_fresh *f, px_fresh_twin *twin)
{
    PX_VEC_EACH (&twin->items, tracked)
        end_tracked(f, twin, tracked);
}

void pxi_fresh_end_field(px_fresh *f, px_fresh_twin *twin, uint32_t field, px_time told)
{
    px_fresh_tracked *tracked = tracked_of(twin, field);
    const px_fresh_sample *live = tracked ? &tracked->item.live : NULL;

    /* without a time a command's value is the command's; with one it is where another model of the
     * twin took the value over, too */
    if (live && live->source_time == told && (told != PX_TIME_NONE || !live->is_command))
        end_tracked(f, twin, tracked);
}

/* ---- sources ---- */

px_freshness_rule pxi_fresh_pace(const px_fresh_twin *twin)
{
    px_freshness_rule pace = { 0 };

    PX_VEC_EACH (&twin->items, tracked)
        if (pace.period == 0 || tracked->rule.rule.period < pace.period)
            pace = tracked->rule.rule;
    return pace;
}

/* The one that was silent the longest, if by the pace it is stale: of a device that was replaced.
 */
static px_fresh_source *abandoned(px_fresh_twin *twin, const px_freshness_rule *pace, px_time now)
{
    px_fresh_source *oldest = &twin->sources.ptr[0];

    PX_VEC_EACH (&twin->sources, at)
        if (at->measure.last_arrival < oldest->measure.last_arrival)
            oldest = at;
    return now - oldest->measure.last_arrival > pace->stale ? oldest : NULL;
}

/* The device's, or a place for it; NULL: there is none. */
static px_fresh_source *source_of(px_fresh_twin *twin, uint32_t document_no,
                                  const px_freshness_rule *pace, px_time now)
{
    px_fresh_source *source;

    PX_VEC_EACH (&twin->sources, at)
        if (at->document_no == document_no)
            return at;
    if (twin->sources.len < PX_FRESHNESS_SOURCES_MAX)
        return PX_VEC_PUSH(&twin->sources, ((px_fresh_source){ document_no, { 0 } }))
                   ? &twin->sources.ptr[twin->sources.len - 1]
                   : NULL;
    source = abandoned(twin, pace, now);
    if (!source)
        return NULL;
    px_measure_release(&source->measure);
    *source = (px_fresh_source){ document_no, { 0 } };
    return source;
}

void pxi_fresh_message(px_fresh *f, px_fresh_twin *twin, uint32_t document_no,
                       const px_fresh_sample *s, px_fresh_kind kind)
{
    px_freshness_rule pace = pxi_fresh_pace(twin);
    px_measured measured = { .arrival = s->arrival,
                             .source_time = s->source_time,
                             .is_believed = s->source_time != PX_TIME_NONE && !s->is_ahead };
    px_fresh_source *source;

    if (document_no == 0 || pace.period == 0)
        return;
    source = source_of(twin, document_no, &pace, s->arrival);
    if (!source) {
        f->stats.sources_dropped++;
        return;
    }
    if (kind == PX_FRESH_LATE)
        px_measure_late(&source->measure, &pace, &measured);
    else if (kind == PX_FRESH_DUPLICATE)
        source->measure.duplicates++;
    else if (kind == PX_FRESH_MOVED)
        px_measure_live(&source->measure, &pace, &measured);
}

/* ---- what is declared ---- */

void pxi_fresh_forget(px_fresh *f, px_fresh_twin *twin)
{
    uint32_t place = place_of(f, twin);
    px_key key = { (int64_t)twin->tenant, (int64_t)twin->no, 0 };

    /* without memory its row stays: the next start finds that it is not declared any more */
    (void)PX_VEC_PUSH(&f->flush.gone, key);
    count(f, twin, false);
    px_map_remove(&f->by_no, twin->no, place);
    free_items(twin);
    *twin = (px_fresh_twin){ .armed = PX_TIME_NONE };
    f->unused.ptr[f->unused.len++] = place; /* there is room: make saw to it */
}

/* The value that the graph has of a property that nobody saw come. */
static void take_up(px_fresh *f, px_fresh_tracked *tracked, const px_fresh_subject *subject)
{
    const px_twin *record = subject->record;
    px_fresh_sample sample;
    px_slot slot;

    if (!record || !px_twin_slot(record, tracked->rule.field, &slot))
        return;
    sample = (px_fresh_sample){ .arrival = slot.arrival_time,
                                .source_time = slot.source_time,
                                .is_ahead = slot.by_arrival,
                                .is_command = slot.by_command,
                                .value = pxi_fresh_hash(&slot.value) };
    px_fresh_seed(&tracked->item, &tracked->rule.rule, &sample, f->now);
    tracked->seq = subject->seq;
}

/* A row says no more of its rule than the period, and what is declared by now was read at the
 * start: of a time that is folded again each rule counts as another. */
static bool is_another(const px_fresh *f, const px_freshness_rule *rule,
                       const px_freshness_rule *before)
{
    if (f->is_taking_up)
        return false;
    return f->seq <= f->refold_until || rule->period != before->period ||
           rule->tolerance != before->tolerance || rule->stale != before->stale;
}

/* Takes the items of before that are still declared, and makes the others, in the list that it
 * takes. */
static void make_items(px_fresh *f, px_fresh_twin *twin, const px_fresh_subject *subject,
                       px_fresh_tracked *items)
{
    size_t count = 0;

    PX_VEC_EACH (&f->rules, rule) {
        px_fresh_tracked *before = tracked_of(twin, rule->field);
        px_fresh_tracked *tracked = &items[count++];

        *tracked = (px_fresh_tracked){ .rule = *rule };
        if (before) {
            tracked->item = before->item;
            tracked->seq = before->seq;
            before->item.measure.seen = NULL;
            if (rule->rule.period != before->rule.rule.period)
                tracked->item.measure.has_bucket = false; /* buckets are so many periods */
            if (is_another(f, &rule->rule, &before->rule.rule))
                (void)px_fresh_widen(&tracked->item, &rule->rule, f->now); /* settle tells it */
        } else {
            px_fresh_init(&tracked->item, f->now);
            take_up(f, tracked, subject);
        }
    }
    PX_VEC_EACH (&twin->items, tracked)
        px_fresh_release(&tracked->item);
    PX_VEC_RELEASE(&twin->items);
    twin->items.ptr = items;
    twin->items.len = twin->items.cap = count;
}

static void tell_gone(px_fresh *f, const px_fresh_subject *subject)
{
    px_fresh_change change = { .tenant = subject->tenant,
                               .twin_no = subject->no,
                               .model_no = subject->model_no,
                               .seq = f->seq,
                               .field = PX_NO_FIELD,
                               .since = f->now,
                               .item_since = PX_TIME_NONE,
                               .cause = PX_CAUSE_DECLARED,
                               .is_gone = true };

    add_change(f, &change);
}

/* True when the record says already what the twin's state is. */
static bool is_told(const px_fresh_twin *twin, const px_twin *record)
{
    uint8_t state;

    return record && px_twin_freshness(record, &state, NULL) && state == (uint8_t)twin->state;
}

static px_status begin(px_fresh *f, const px_fresh_subject *subject, px_fresh_twin **ret_twin,
                       px_err *ret_err)
{
    px_fresh_twin *twin;

    if (!tally_of(f, subject->tenant))
        return px_no_memory(ret_err);
    twin = make(f, subject);
    if (!twin)
        return px_no_memory(ret_err);
    count(f, twin, true);
    *ret_twin = twin;
    return PX_OK;
}

/* Of a twin that is tracked: what is new is told as one change of the whole. */
static void settle(px_fresh *f, px_fresh_twin *twin, const px_fresh_subject *subject, bool is_new)
{
    px_freshness before = twin->state, state = worst(twin);
    uint8_t told;
    px_time since;

    if (is_new && is_told(&(px_fresh_twin){ .state = state }, subject->record)) {
        count(f, twin, false);
        twin->state = state;
        px_twin_freshness(subject->record, &told, &since);
        twin->since = since;
        count(f, twin, true);
    } else if (is_new || state != before)
        tell(f, twin, NULL, PX_CAUSE_DECLARED);
    if (f->is_taking_up && !is_new) /* one of a row goes on from there by the times behind it */
        arm(f, twin);
    else
        advance_twin(f, twin);
}

/* Into f->rules. A document that makes no sense declares nothing. */
static px_status read_rules(px_fresh *f, const px_fresh_subject *subject, const px_model *model,
                            bool *ret_cut, px_err *ret_err)
{
    px_fresh_document document;
    px_status status = PX_INVALID;

    px_arena_reset(&f->scratch);
    if (subject->body.len > 0)
        status = px_fresh_document_read(subject->body, &f->scratch, &document, ret_err);
    if (status == PX_NO_MEMORY)
        return status;
    return px_fresh_rules_make(px_model_layout(model), status == PX_OK ? &document : NULL,
                               &f->rules, ret_cut, ret_err);
}

/* All that takes memory comes first. `twin` is the one that stays, or NULL. */
static px_status track(px_fresh *f, px_fresh_twin *twin, const px_fresh_subject *subject,
                       px_err *ret_err)
{
    px_fresh_tracked *items = px_alloc((f->rules.len + 1) * sizeof(*items));
    bool is_new = !twin;
    int64_t period;
    px_status status = items ? PX_OK : px_no_memory(ret_err);

    if (status == PX_OK && is_new)
        status = begin(f, subject, &twin, ret_err);
    if (status != PX_OK) {
        px_free(items);
        return status;
    }
    if (is_new)
        twin->seq = subject->seq;
    twin->is_dirty = true;
    twin->is_read = false;
    period = pxi_fresh_pace(twin).period;
    make_items(f, twin, subject, items);
    if (pxi_fresh_pace(twin).period != period)
        PX_VEC_EACH (&twin->sources, source)
            source->measure.has_bucket = false; /* as those of items */
    settle(f, twin, subject, is_new);
    return PX_OK;
}

/* By f->rules. Under the lock. */
static px_status declare(px_fresh *f, const px_fresh_subject *subject, bool cut, px_err *ret_err)
{
    px_fresh_twin *twin = pxi_fresh_find(f, subject->no);
    bool was_declared = twin;
    uint8_t state;

    PX_TRY(make_room(f, f->rules.len, ret_err));
    if (twin && (subject->is_anew || twin->model_no != subject->model_no)) {
        pxi_fresh_forget(f, twin);
        twin = NULL;
    }
    if (f->rules.len > 0) {
        PX_TRY(track(f, twin, subject, ret_err));
        f->stats.cut += cut;
        return PX_OK;
    }
    if (twin)
        pxi_fresh_forget(f, twin);
    if (f->is_taking_up && f->refolds)
        return PX_OK; /* what took it back is in the journal behind its row */
    if (was_declared || (subject->record && px_twin_freshness(subject->record, &state, NULL)))
        tell_gone(f, subject);
    return PX_OK;
}

px_status pxi_fresh_declare(px_fresh *f, const px_fresh_subject *subject, px_err *ret_err)
{
    const px_model *model = px_registry_model(px_engine_registry(f->engine), subject->model_no);
    px_status status;
    bool cut;

    if (!model)
        return PX_OK;
    PX_TRY(read_rules(f, subject, model, &cut, ret_err));
    pthread_mutex_lock(&f->lock);
    status = declare(f, subject, cut, ret_err);
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* ---- of before a restart ---- */

px_status pxi_fresh_restore(px_fresh *f, const px_fold *fold, px_fresh_row *row, px_err *ret_err)
{
    px_fresh_subject subject = { .tenant = (uint32_t)fold->key.a,
                                 .no = (uint32_t)fold->key.b,
                                 .model_no = row->model_no };
    px_fresh_twin *twin;

    PX_TRY(begin(f, &subject, &twin, ret_err));
    count(f, twin, false);
    twin->state = row->state;
    twin->since = row->since;
    count(f, twin, true);
    twin->seq = fold->seq;
    twin->is_read = true;
    if (f->rows_from == 0 || fold->seq < f->rows_from)
        f->rows_from = fold->seq;
    twin->items.ptr = row->items.ptr;
    twin->items.len = row->items.len;
    twin->items.cap = row->items.cap;
    twin->sources.ptr = row->sources.ptr;
    twin->sources.len = row->sources.len;
    twin->sources.cap = row->sources.cap;
    *row = (px_fresh_row){ 0 };
    return PX_OK;
}

void pxi_fresh_drop_undeclared(px_fresh *f)
{
    PX_VEC_EACH (&f->twins, twin)
        if (twin->no && twin->is_read)
            pxi_fresh_forget(f, twin);
}

px_status pxi_fresh_was_told(px_fresh *f, px_fresh_twin *twin, const px_event *event,
                             px_err *ret_err)
{
    const px_field_value *field = event->field_count ? &event->fields[0] : NULL;
    px_fresh_tracked *tracked = twin && field ? tracked_of(twin, field->field) : NULL;

    if (twin)
        PX_TRY(make_room(f, twin->items.len, ret_err));
    if (pxi_fresh_take_told(f, event) || event->flag || !twin || event->seq <= twin->seq)
        return PX_OK;
    if (tracked && tracked->item.has_live && field->value.num.mantissa >= 0 &&
        field->value.num.mantissa < PX_FRESHNESS_COUNT) {
        tracked->item.state = (px_freshness)field->value.num.mantissa;
        tracked->item.since = field->source_time;
        tracked->item.good_count = 0;
        tracked->item.back_at = PX_TIME_NONE;
    }
    count(f, twin, false);
    twin->state = (px_freshness)event->code;
    twin->since = event->source_time;
    count(f, twin, true);
    twin->is_dirty = true;
    arm(f, twin);
    return PX_OK;
}
