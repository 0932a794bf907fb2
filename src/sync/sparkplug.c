/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "sync/sparkplug_inner.h"

enum { SEQ_MAX = 255 };

/* ---- online and offline ---- */

static bool set_online(pxi_spark_owner *owner, bool is_online, px_time now)
{
    if (owner->is_online == is_online)
        return false;
    owner->is_online = is_online;
    owner->since = now;
    return true;
}

static void end_devices(pxi_spark_node *node, px_time now)
{
    PX_VEC_EACH (&node->devices, device)
        (void)set_online(*device, false, now);
}

/* Its death is to be written by this ending; true when it was online. */
static bool end_owner(pxi_spark_owner *owner, px_time now, uint64_t ending)
{
    owner->owes_end = false;
    owner->ending = ending;
    return set_online(owner, false, now);
}

/* ---- asking for a birth ---- */

static void ask(px_sparkplug *s, pxi_spark_node *node, px_time now, const char *why,
                px_spark_heard *heard)
{
    heard->why = node->owed_why = why;
    if (node->asked_at != PX_TIME_NONE && now >= node->asked_at &&
        now - node->asked_at < PX_SPARK_REBIRTH_SECONDS_MIN * PX_SECOND)
        return; /* with its first message behind that */
    node->asked_at = now;
    node->owed_why = NULL;
    heard->asks_rebirth = true;
    s->stats.rebirths++;
}

static void refuse_unborn(px_sparkplug *s, pxi_spark_node *node, px_time now, const char *why,
                          px_spark_heard *heard)
{
    s->stats.unborn++;
    heard->is_unborn = true;
    ask(s, node, now, why, heard);
}

/* Of every message of a node but its birth and death. */
static void advance(px_sparkplug *s, pxi_spark_node *node, const px_spark_payload *p, px_time now,
                    px_spark_heard *heard)
{
    bool is_next = p->has_seq && p->seq == (uint8_t)(node->seq + 1);

    if (p->has_seq)
        node->seq = (uint8_t)p->seq;
    if (is_next && node->owed_why)
        ask(s, node, now, node->owed_why, heard);
    if (is_next)
        return;
    s->stats.gaps++;
    ask(s, node, now, "its seq is not the one behind the last", heard);
}

/* ---- messages ---- */

/* What one call works with. */
typedef struct hearing {
    px_sparkplug *s;
    const px_spark_message *m;
    px_arena *arena;
    px_spark_payload payload;
    px_spark_heard *heard;
    px_err *err;
} hearing;

static uint64_t begin_ending(hearing *h)
{
    h->heard->ending = (px_spark_ending){ .tenant = h->m->tenant,
                                          .group = h->m->topic.group,
                                          .node = h->m->topic.node,
                                          .number = ++h->s->endings };
    return h->heard->ending.number;
}

/* Its twin is not there: what no binding takes has no place. */
static void count_homeless(hearing *h, const pxi_spark_owner *owner, const pxi_spark_model *model)
{
    for (size_t i = 0; i < h->payload.metric_count; i++) {
        const px_spark_def *def = px_spark_birth_find(&owner->birth, &h->payload.metrics[i]);

        if (def && pxi_spark_is_taken(model, def->name))
            continue;
        h->s->stats.unknown++;
        h->heard->has_homeless = h->heard->has_homeless || !def || !def->is_control;
    }
}

static px_status take_values(hearing *h, pxi_spark_owner *owner, bool is_birth)
{
    pxi_spark_model model = { .message = h->m };

    h->s->stats.metrics += h->payload.metric_count;
    model.layout = h->m->layout(h->m->ctx, h->m->twin, &model.number);
    h->heard->has_twin = model.layout != NULL;
    h->heard->model_no = model.number;
    if (model.layout)
        PX_TRY(pxi_spark_decode(h->s, owner, &h->payload, is_birth, &model, h->arena,
                                &h->heard->decoded, h->err));
    else
        count_homeless(h, owner, &model);
    if (!h->m->takes)
        return PX_OK;
    return pxi_spark_rows(h->s, owner, &h->payload, &model, h->arena, &h->heard->decoded,
                          &h->heard->rows, h->err);
}

static px_status read_payload(hearing *h)
{
    PX_TRY(px_spark_payload_read(h->m->payload, h->arena, &h->payload, h->err));
    h->s->stats.messages++;
    if (!h->payload.has_seq || h->payload.seq <= SEQ_MAX)
        return PX_OK;
    return px_fail_id(h->err, PX_INVALID, "sparkplug.seq", "seq is 0 to 255, not %llu",
                      (unsigned long long)h->payload.seq);
}

static bool find_bd_seq(const px_spark_payload *p, uint64_t *ret_bd_seq)
{
    for (size_t i = 0; i < p->metric_count; i++) {
        const px_spark_metric *m = &p->metrics[i];

        if (!px_str_eq(m->name, PX_STR("bdSeq")) ||
            (m->form != PX_SPARK_FORM_INT && m->form != PX_SPARK_FORM_LONG))
            continue;
        *ret_bd_seq = m->whole;
        return true;
    }
    return false;
}

/* What a birth defines is kept, whether or not there is a twin for it. */
static px_status define(hearing *h, pxi_spark_owner *owner)
{
    pxi_spark_tenant *tenant = pxi_spark_tenant_of(h->s, h->m->tenant);
    px_status status;

    if (!tenant)
        return px_no_memory(h->err);
    if (tenant->born - owner->birth.count + h->payload.metric_count > h->s->born_max)
        return px_fail_id(h->err, PX_LIMIT, "sparkplug.born",
                          "the births of a tenant define %zu metrics at most, in all",
                          h->s->born_max);
    tenant->born -= owner->birth.count;
    status = px_spark_birth_define(&owner->birth, &h->payload, h->err);
    tenant->born += owner->birth.count;
    return status;
}

/* A birth that cannot be taken leaves its owner offline: what it sends cannot be understood. */
static px_status take_birth(hearing *h, pxi_spark_owner *owner)
{
    px_status status = define(h, owner);

    if (status != PX_OK) {
        if (owner->is_online || owner->owes_end)
            h->heard->went_offline = end_owner(owner, h->m->now, begin_ending(h));
        return status;
    }
    owner->owes_end = false;
    owner->ending = 0;
    owner->births++;
    h->s->stats.births++;
    h->heard->is_birth = true;
    h->heard->went_online = set_online(owner, true, h->m->now);
    return take_values(h, owner, true);
}

static px_status hear_nbirth(hearing *h, pxi_spark_node *node)
{
    if (!h->payload.has_seq)
        return px_fail_id(h->err, PX_INVALID, "sparkplug.seq", "a birth has a seq");
    node->seq = (uint8_t)h->payload.seq;
    node->has_bd_seq = find_bd_seq(&h->payload, &node->bd_seq);
    node->owed_why = NULL;
    end_devices(node, h->m->now);
    return take_birth(h, &node->self);
}

static px_status hear_dbirth(hearing *h, pxi_spark_node *node)
{
    pxi_spark_owner *device = pxi_spark_find_device(node, h->m->topic.device);

    if (!device)
        PX_TRY(pxi_spark_add_device(node, h->m->topic.device, h->m->now, &device, h->err));
    return take_birth(h, device);
}

static bool all_are_born(const hearing *h, const pxi_spark_owner *owner)
{
    for (size_t i = 0; i < h->payload.metric_count; i++)
        if (!px_spark_birth_find(&owner->birth, &h->payload.metrics[i]))
            return false;
    return true;
}

static px_status hear_data(hearing *h, pxi_spark_node *node, pxi_spark_owner *owner)
{
    if (!owner || !owner->is_online) {
        refuse_unborn(h->s, node, h->m->now, "data came of a device that was not born", h->heard);
        return PX_OK;
    }
    if (!all_are_born(h, owner)) {
        h->s->stats.unborn++;
        ask(h->s, node, h->m->now, "data came of a metric that was not born", h->heard);
    }
    return take_values(h, owner, false);
}

static void hear_ddeath(hearing *h, pxi_spark_node *node)
{
    pxi_spark_owner *device = pxi_spark_find_device(node, h->m->topic.device);

    if (!device || (!device->is_online && !device->owes_end)) {
        h->s->stats.deaths_ignored++;
        return;
    }
    h->s->stats.deaths++;
    h->heard->went_offline = end_owner(device, h->m->now, begin_ending(h));
}

/* The broker sends it for who is gone, also when a newer connection has given birth since. */
static void hear_ndeath(hearing *h, pxi_spark_node *node)
{
    uint64_t bd_seq = 0;
    bool has = find_bd_seq(&h->payload, &bd_seq);

    if ((!node->self.is_online && !node->self.owes_end) || has != node->has_bd_seq ||
        (has && bd_seq != node->bd_seq)) {
        h->s->stats.deaths_ignored++;
        return;
    }
    h->s->stats.deaths++;
    h->heard->went_offline = end_owner(&node->self, h->m->now, begin_ending(h));
    PX_VEC_EACH (&node->devices, device)
        (void)end_owner(*device, h->m->now, h->heard->ending.number);
}

static px_status hear_of_node(hearing *h)
{
    px_spark_kind kind = h->m->topic.kind;
    pxi_spark_node *node = pxi_spark_find_node(h->s, h->m);

    PX_TRY(read_payload(h));
    if (!node)
        PX_TRY(pxi_spark_add_node(h->s, h->m, &node, h->err));
    if (kind == PX_SPARK_NBIRTH)
        return hear_nbirth(h, node);
    if (kind == PX_SPARK_NDEATH) {
        hear_ndeath(h, node);
        return PX_OK;
    }
    if (!node->self.is_online) {
        refuse_unborn(h->s, node, h->m->now, "it was not born", h->heard);
        return PX_OK;
    }
    advance(h->s, node, &h->payload, h->m->now, h->heard);
    if (kind == PX_SPARK_DBIRTH)
        return hear_dbirth(h, node);
    if (kind == PX_SPARK_DDEATH)
        hear_ddeath(h, node);
    else
        return hear_data(h, node,
                         kind == PX_SPARK_NDATA ? &node->self
                                                : pxi_spark_find_device(node, h->m->topic.device));
    return PX_OK;
}

/* ---- host applications ---- */

/* `{"online":true,"timestamp":1700000000000}`; one with an older timestamp is of an older
 * connection. */
static px_status hear_state(hearing *h)
{
    px_json_opts opts = px_json_opts_door();
    const px_json *online, *timestamp;
    pxi_spark_host *host = pxi_spark_find_host(h->s, h->m->tenant, h->m->topic.host);
    px_json *json;
    int64_t ms = 0;

    PX_TRY(px_json_parse(h->m->payload, &opts, h->arena, &json, h->err));
    online = px_json_get(json, PX_STR("online"));
    timestamp = px_json_get(json, PX_STR("timestamp"));
    if ((!px_json_is(online, PX_JSON_TRUE) && !px_json_is(online, PX_JSON_FALSE)) ||
        !px_json_is(timestamp, PX_JSON_NUMBER) || !px_num_to_int(timestamp->num, &ms))
        return px_fail_id(h->err, PX_INVALID, "sparkplug.state",
                          "a STATE is {\"online\":true,\"timestamp\":MILLISECONDS}");
    if (!host)
        PX_TRY(pxi_spark_add_host(h->s, h->m, &host, h->err));
    h->s->stats.messages++;
    if (ms < host->timestamp_ms)
        return PX_OK;
    host->timestamp_ms = ms;
    h->heard->went_online = !host->is_online && online->type == PX_JSON_TRUE;
    h->heard->went_offline = host->is_online && online->type == PX_JSON_FALSE;
    if (h->heard->went_online || h->heard->went_offline)
        host->since = h->m->now;
    host->is_online = online->type == PX_JSON_TRUE;
    return PX_OK;
}

px_status px_sparkplug_hear(px_sparkplug *s, const px_spark_message *message, px_arena *arena,
                            px_spark_heard *ret_heard, px_err *ret_err)
{
    hearing h = { .s = s, .m = message, .arena = arena, .heard = ret_heard, .err = ret_err };
    px_status status = PX_OK;

    *ret_heard = (px_spark_heard){ 0 };
    if (message->topic.kind == PX_SPARK_NCMD || message->topic.kind == PX_SPARK_DCMD)
        return PX_OK;
    pthread_mutex_lock(&s->lock);
    status = message->topic.kind == PX_SPARK_STATE ? hear_state(&h) : hear_of_node(&h);
    pthread_mutex_unlock(&s->lock);
    return status;
}
