/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/devices: many devices, each for itself. A row that names a model gets the
 * twins made that are not there yet; nothing that is there is written over but the row's own
 * device. The same rows again change nothing, so a client that was cut off sends them again; keys
 * are told once.
 *
 *   rows ─► read and judged ─► twins, one chain of requests ─► devices, another ─► results
 */
#include "api/device_body.h"
#include "api/new_twin.h"
#include "api/workers.h"
#include "base/map.h"
#include "sync/credential.h"

px_handler px_v1_post_device_import;

typedef enum outcome { ROW_CREATED, ROW_CHANGED, ROW_UNCHANGED, ROW_REFUSED, OUTCOMES } outcome;

static const char *const outcome_names[OUTCOMES] = { "created", "changed", "unchanged", "refused" };

typedef struct row {
    const px_json *json;
    px_str id, model;
    px_model_info info; /* of `model` */
    px_device device;   /* as it is to be */
    outcome outcome;
    px_document_write writes[2];
    px_credential credential;
    px_request request;
    px_err err; /* of a refused one */
} row;

typedef struct twin {
    row *row; /* that wants it */
    px_request request;
} twin;

typedef struct device_import {
    px_api_call *call;
    px_await await;
    row *rows;
    size_t row_count;
    PX_VEC(twin) twins;
    bool is_dry;
} device_import;

static void refuse(row *r, const px_err *err)
{
    r->outcome = ROW_REFUSED;
    r->err = *err;
}

/* ---- what a row wants ---- */

static px_status check_id(const row *r, px_err *ret_err)
{
    bool good = r->id.len > 0 && r->id.len <= PX_DOC_ID_BYTES_MAX;

    for (size_t i = 0; good && i < r->id.len; i++)
        good = (unsigned char)r->id.ptr[i] >= ' ' && r->id.ptr[i] != 0x7F;
    return good ? PX_OK
                : px_fail_id(ret_err, PX_INVALID, "device.id",
                             "`id` is a text of 1 to %d bytes without control characters",
                             PX_DOC_ID_BYTES_MAX);
}

static px_status find_model(const device_import *m, row *r, px_err *ret_err)
{
    if (r->model.len == 0 || px_registry_find(px_engine_registry(m->call->api->opts.engine),
                                              m->call->principal.tenant, r->model, &r->info))
        return PX_OK;
    return px_fail_id(ret_err, PX_NOT_FOUND, "model.not_found",
                      "there is no model '%.*s'; upload it first", PX_FMT(r->model));
}

/* The device as it is, made what the row says. */
static px_status merge(device_import *m, row *r, px_buf *before, px_err *ret_err)
{
    px_api_call *call = m->call;
    px_document document;
    px_status status =
        px_documents_get(px_engine_documents(call->api->opts.engine), call->principal.tenant,
                         PX_STR("device"), r->id, &call->arena, &document, ret_err);

    r->outcome = status == PX_NOT_FOUND ? ROW_CREATED : ROW_CHANGED;
    r->device = (px_device){ .state = PX_DEVICE_REGISTERED };
    if (status == PX_NOT_FOUND)
        return px_device_body_read(r->json, &call->arena, &r->device, ret_err);
    PX_TRY(status);
    PX_TRY(px_device_read(document.body, &call->arena, &r->device, ret_err));
    r->request.if_match = document.revision;
    if (r->device.state == PX_DEVICE_RETIRED)
        return px_fail_id(ret_err, PX_CONFLICT, "device.retired",
                          "device '%.*s' is retired, and stays so; register another one",
                          PX_FMT(r->id));
    px_put_device(before, &r->device);
    return px_device_body_read(r->json, &call->arena, &r->device, ret_err);
}

static px_str keep(device_import *m, px_buf *buf)
{
    px_str kept =
        buf->status == PX_OK ? px_arena_str(&m->call->arena, px_buf_str(buf)) : (px_str){ 0 };

    px_buf_release(buf);
    return kept;
}

static px_status add_key(device_import *m, row *r, px_err *ret_err)
{
    px_env *env = m->call->api->env;
    px_credential_grant grant = { .type = PX_CREDENTIAL_KEY,
                                  .tenant = m->call->principal.tenant,
                                  .role = PX_ROLE_DEVICE,
                                  .name = r->id,
                                  .device = r->id,
                                  .created = env->now(env) };
    px_buf body = { 0 };

    px_credential_make(env, &grant, &r->credential, &body);
    r->writes[0] = (px_document_write){ .kind = PX_STR("credential"),
                                        .id = px_str_c(r->credential.id),
                                        .body = keep(m, &body),
                                        .in_tenant_zero = true,
                                        .create_only = true };
    r->device.credentials[r->device.credential_count++] = px_str_c(r->credential.id);
    return r->writes[0].body.ptr ? PX_OK : px_arena_fail(&m->call->arena, ret_err);
}

static px_status prepare(device_import *m, row *r, px_err *ret_err)
{
    static const char *const names[] = { "id", "twins", "model", "group", "attributes", NULL };
    px_buf before = { 0 }, after = { 0 };
    px_status status;
    bool is_same;

    r->id = px_json_get_text(r->json, PX_STR("id"));
    r->model = px_json_get_text(r->json, PX_STR("model"));
    PX_TRY(check_id(r, ret_err));
    PX_TRY(px_json_members(r->json, "a device", "device.form", names, ret_err));
    PX_TRY(find_model(m, r, ret_err));
    status = merge(m, r, &before, ret_err);
    if (status == PX_OK && r->outcome == ROW_CREATED && !m->is_dry)
        status = add_key(m, r, ret_err);
    if (status == PX_OK)
        px_put_device(&after, &r->device);
    is_same = before.len > 0 && px_str_eq(px_buf_str(&before), px_buf_str(&after));
    px_buf_release(&before);
    if (is_same)
        r->outcome = ROW_UNCHANGED;
    r->writes[1] = (px_document_write){ .kind = PX_STR("device"),
                                        .id = r->id,
                                        .body = keep(m, &after),
                                        .create_only = r->outcome == ROW_CREATED };
    PX_TRY(status);
    return r->writes[1].body.ptr ? PX_OK : px_arena_fail(&m->call->arena, ret_err);
}

/* Which of two rows of one id is meant nobody knows: the first is taken, the others are refused. */
static px_status refuse_twice(device_import *m, px_map *seen, px_err *ret_err)
{
    for (size_t i = 0; i < m->row_count; i++) {
        row *r = &m->rows[i];
        uint64_t hash = px_str_hash(r->id);
        size_t at = px_map_first(seen, hash);
        px_err err;

        while (at != PX_MAP_END && !px_str_eq(m->rows[seen->values[at]].id, r->id))
            at = px_map_next(seen, hash, at);
        if (at == PX_MAP_END && !px_map_add(seen, hash, (uint32_t)i))
            return px_no_memory(ret_err);
        if (at == PX_MAP_END || r->outcome == ROW_REFUSED)
            continue;
        px_fail_id(&err, PX_CONFLICT, "device.twice",
                   "the id is that of devices[%u], too; name all its twins in one row",
                   (unsigned)seen->values[at]);
        refuse(r, &err);
    }
    return PX_OK;
}

/* ---- twins ---- */

static bool has_twin(const device_import *m, px_str id)
{
    uint32_t twin_no, model_no;

    return px_graph_lookup(px_engine_graph(m->call->api->opts.engine), m->call->principal.tenant,
                           id, &twin_no, &model_no) == PX_OK;
}

static px_status new_twin(device_import *m, row *r, px_str id, px_err *ret_err)
{
    px_buf text = { 0 };
    px_json_writer w = px_json_writer_of(&text);
    twin t = { .row = r,
               .request = { .kind = PX_REQUEST_TWIN_PUT,
                            .principal = m->call->principal,
                            .id = id,
                            .source_time = PX_TIME_NONE,
                            .if_none_match = true,
                            .bytes = sizeof(twin) + id.len + r->model.len } };
    px_json *json;
    px_str kept;

    px_put_new_twin(&w, r->info.model);
    kept = keep(m, &text);
    if (!kept.ptr)
        return px_arena_fail(&m->call->arena, ret_err);
    PX_TRY(px_json_parse(kept, NULL, &m->call->arena, &json, ret_err));
    t.request.json = json;
    return PX_VEC_PUSH(&m->twins, t) ? PX_OK : px_no_memory(ret_err);
}

/* As the engine would refuse the twin, of which a dry run asks it nothing. */
static px_status check_model(const row *r, px_err *ret_err)
{
    return !r->info.decommissioned
               ? PX_OK
               : px_fail_id(ret_err, PX_INVALID, "model.decommissioned",
                            "model %.*s is decommissioned: no new twins of it", PX_FMT(r->model));
}

static px_status add_twins(device_import *m, row *r, px_err *ret_err)
{
    px_json *twins;

    if (r->outcome == ROW_REFUSED || r->model.len == 0)
        return PX_OK;
    PX_TRY(px_json_parse(r->device.twins, NULL, &m->call->arena, &twins, ret_err));
    for (const px_json *t = twins->first; t; t = t->next) {
        px_err err;

        if (has_twin(m, t->text))
            continue;
        if (check_model(r, &err) != PX_OK) {
            refuse(r, &err);
            return PX_OK;
        }
        PX_TRY(new_twin(m, r, t->text, ret_err));
    }
    return PX_OK;
}

static px_status make_twins(device_import *m, px_err *ret_err)
{
    for (size_t i = 0; i < m->row_count; i++)
        PX_TRY(add_twins(m, &m->rows[i], ret_err));
    if (m->twins.len == 0 || m->is_dry)
        return PX_OK;
    for (size_t i = 0; i + 1 < m->twins.len; i++)
        m->twins.ptr[i].request.next = &m->twins.ptr[i + 1].request;
    PX_TRY(px_await_all(&m->await, m->call->api->opts.engine, &m->twins.ptr[0].request,
                        &m->twins.ptr[m->twins.len - 1].request, m->twins.len, ret_err));
    PX_VEC_EACH (&m->twins, t)
        if (t->request.result.status != PX_OK && !has_twin(m, t->request.id))
            refuse(t->row, &t->request.result.err); /* else somebody made it meanwhile */
    return PX_OK;
}

/* ---- devices ---- */

static void fill(device_import *m, row *r)
{
    bool is_new = r->outcome == ROW_CREATED;

    r->request.kind = PX_REQUEST_DOCUMENTS;
    r->request.principal = m->call->principal;
    r->request.documents = is_new ? r->writes : r->writes + 1;
    r->request.document_count = is_new ? 2 : 1;
    r->request.bytes = sizeof(*r) + r->writes[0].body.len + r->writes[1].body.len;
}

static px_status make_devices(device_import *m, px_err *ret_err)
{
    px_request *first = NULL, **tail = &first, *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < m->row_count && !m->is_dry; i++) {
        row *r = &m->rows[i];

        if (r->outcome != ROW_CREATED && r->outcome != ROW_CHANGED)
            continue;
        fill(m, r);
        *tail = last = &r->request;
        tail = &r->request.next;
        count++;
    }
    if (count == 0)
        return PX_OK;
    PX_TRY(px_await_all(&m->await, m->call->api->opts.engine, first, last, count, ret_err));
    px_login_cache_clear(m->call->api->logins);
    for (size_t i = 0; i < m->row_count; i++)
        if (m->rows[i].request.result.status != PX_OK)
            refuse(&m->rows[i], &m->rows[i].request.result.err);
    return PX_OK;
}

/* ---- the answer ---- */

/* Two rows may want the same twin: it is made once, and in a dry run counted once. */
static px_status count_twins(const device_import *m, size_t *ret_count, px_err *ret_err)
{
    px_map seen = { 0 };
    px_status status = PX_OK;

    *ret_count = 0;
    PX_VEC_EACH (&m->twins, t) {
        uint64_t hash = m->is_dry ? px_str_hash(t->request.id) : 0;

        if (t->request.result.status != PX_OK ||
            (m->is_dry && px_map_first(&seen, hash) != PX_MAP_END))
            continue;
        (*ret_count)++;
        if (m->is_dry && !px_map_add(&seen, hash, 0))
            status = px_no_memory(ret_err);
    }
    px_map_release(&seen);
    return status;
}

static void put_row(px_json_writer *w, const row *r)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, r->id);
    px_json_key(w, PX_STR("status"));
    px_json_string(w, px_str_c(outcome_names[r->outcome]));
    if (r->outcome == ROW_CREATED && r->credential.text[0]) {
        px_json_key(w, PX_STR("key"));
        px_json_string(w, px_str_c(r->credential.text));
    }
    if (r->outcome == ROW_REFUSED) {
        px_json_key(w, PX_STR("code"));
        px_json_string(
            w, px_str_c(r->err.id && r->err.id[0] ? r->err.id : px_status_code(r->err.status)));
        px_json_key(w, PX_STR("detail"));
        px_json_string(w, px_str_c(r->err.text));
    }
    px_json_end_object(w);
}

static void answer(device_import *m, size_t twins)
{
    px_json_writer w = px_json_writer_of(&m->call->out);
    size_t counts[OUTCOMES] = { 0 };

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("results"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < m->row_count; i++) {
        put_row(&w, &m->rows[i]);
        counts[m->rows[i].outcome]++;
    }
    px_json_end_array(&w);
    for (int i = 0; i < OUTCOMES; i++) {
        px_json_key(&w, px_str_c(outcome_names[i]));
        px_json_uint(&w, counts[i]);
    }
    px_json_key(&w, PX_STR("twinsCreated"));
    px_json_uint(&w, twins);
    px_json_end_object(&w);
    px_api_json(m->call, 200);
}

static px_status read_rows(device_import *m, px_err *ret_err)
{
    px_map seen = { 0 };
    px_status status;
    const px_json *devices = px_json_get(m->call->request.json, PX_STR("devices"));
    const px_json *dry = px_json_get(m->call->request.json, PX_STR("dryRun"));

    if (!px_json_is(devices, PX_JSON_ARRAY) || (dry && !px_json_is_bool(dry)))
        return px_fail_id(ret_err, PX_INVALID, "device.import",
                          "the body is {\"devices\":[{\"id\":…,\"twins\":[…]}, …]}, perhaps with "
                          "\"dryRun\":true");
    if (devices->count > PX_DEVICES_PER_CALL_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "device.import",
                          "one call takes at most %d devices", PX_DEVICES_PER_CALL_MAX);
    m->is_dry = px_json_is(dry, PX_JSON_TRUE);
    m->rows = PX_ARENA_ARRAY(&m->call->arena, row, devices->count + 1);
    if (!m->rows)
        return px_arena_fail(&m->call->arena, ret_err);
    for (const px_json *json = devices->first; json; json = json->next) {
        row *r = &m->rows[m->row_count++];
        px_err err;

        r->json = json;
        if (prepare(m, r, &err) != PX_OK)
            refuse(r, &err);
    }
    status = refuse_twice(m, &seen, ret_err);
    px_map_release(&seen);
    return status;
}

static void work(px_api_call *call)
{
    device_import m = { .call = call };
    size_t twins = 0;
    px_err err;
    px_status status;

    px_await_init(&m.await);
    status = read_rows(&m, &err);
    if (status == PX_OK)
        status = make_twins(&m, &err);
    if (status == PX_OK)
        status = make_devices(&m, &err);
    if (status == PX_OK)
        status = count_twins(&m, &twins, &err);
    if (status == PX_OK)
        answer(&m, twins);
    else
        px_api_fail(call, status, &err);
    PX_VEC_RELEASE(&m.twins);
    px_await_release(&m.await);
}

void px_v1_post_device_import(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT) && px_api_may(call, PX_ACTION_WRITE_TWIN))
        px_workers_run_on(call->api->bulk_workers, call, work);
}
