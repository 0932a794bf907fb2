/* SPDX-License-Identifier: Apache-2.0 */
/* docs/formats/state.md has the bytes. A row is measured and checked whole before
 * anything is made of it. */
#include "twin/state.h"

#include "twin/sets.h"

enum {
    FORMAT = 1,
    FORMAT_REVISION = 2,  /* of a twin whose revision is not its last write */
    FORMAT_FRESHNESS = 3, /* of one whose freshness is declared */
    MARK_REVISION = 1,    /* format 3: what follows */
    MARK_FRESHNESS = 2,
    FRESHNESS_LAST = 3, /* a state's number */
    SLOTS_KEPT = 24,    /* of a row, between measuring and filling; more are read twice */
    QUALITY_MASK = 3,
    FLAG_BY_ARRIVAL = 4,
    FLAG_BY_COMMAND = 8,
    FLAG_SOURCE = 16,
    FLAGS_KNOWN = 31,
};

/* Differences of times wrap, so that every pair of times has one. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* ---- writing ---- */

static void put_slot(px_buf *buf, const pxi_slot *slot, px_time base)
{
    px_slot shown = pxi_slot_show(slot);
    bool has_source = !(slot->word & PXI_NO_SOURCE);

    px_put_varint(buf, slot->key);
    px_put_u8(buf, (uint8_t)((uint32_t)shown.quality | (shown.by_arrival ? FLAG_BY_ARRIVAL : 0u) |
                             (shown.by_command ? FLAG_BY_COMMAND : 0u) |
                             (has_source ? FLAG_SOURCE : 0u)));
    px_put_zigzag(buf, minus(slot->source, base));
    if (has_source)
        px_put_zigzag(buf, minus(shown.arrival_time, base) / PX_MILLISECOND);
    px_put_value(buf, shown.value);
}

void px_put_twin(px_buf *buf, const px_twin *twin)
{
    uint32_t count = px_twin_slot_count(twin);
    px_time base = twin->time - twin->time % PX_MILLISECOND;
    bool has_revision = px_twin_revision(twin) != twin->seq;
    px_time since = 0;
    uint8_t state = 0;
    bool has_freshness = px_twin_freshness(twin, &state, &since);

    px_put_u8(buf, has_freshness ? FORMAT_FRESHNESS : has_revision ? FORMAT_REVISION : FORMAT);
    px_put_varint(buf, twin->tenant);
    px_put_varint(buf, twin->no);
    px_put_varint(buf, twin->model);
    px_put_varint(buf, twin->seq);
    px_put_zigzag(buf, twin->time);
    if (has_freshness)
        px_put_u8(buf, (uint8_t)(MARK_FRESHNESS | (has_revision ? MARK_REVISION : 0)));
    if (has_revision) {
        px_put_varint(buf, px_twin_revision(twin));
        px_put_zigzag(buf, minus(px_twin_revised(twin), base) / PX_MILLISECOND);
    }
    if (has_freshness) {
        px_put_u8(buf, state);
        px_put_zigzag(buf, minus(since, base));
    }
    px_put_block(buf, px_twin_id(twin));
    px_put_varint(buf, px_twin_desired_version(twin));
    px_put_varint(buf, count);
    for (uint32_t i = 0; i < count; i++) {
        pxi_slot slot = pxi_twin_at(twin, i);

        put_slot(buf, &slot, base);
    }
}

void px_put_rel(px_buf *buf, const px_rel *rel)
{

    px_put_u8(buf, FORMAT);
    px_put_varint(buf, rel->tenant);
    px_put_varint(buf, rel->no);
    px_put_varint(buf, rel->source);
    px_put_varint(buf, rel->target);
    px_put_varint(buf, rel->slot);
    px_put_varint(buf, rel->seq);
    px_put_zigzag(buf, rel->time);
    px_put_block(buf, px_rel_id(rel));
    px_put_block(buf, px_rel_name(rel));
    px_put_block(buf, px_rel_properties(rel));
}

/* ---- reading ---- */

static px_status corrupt(px_err *ret_err, const char *what)
{
    return px_fail(ret_err, PX_CORRUPT, "a state row is damaged: %s", what);
}

static px_status open_row(px_str row, uint8_t newest, px_cut *ret_cut, uint8_t *ret_format,
                          px_err *ret_err)
{
    *ret_cut = px_cut_of(row);
    *ret_format = px_get_u8(ret_cut);
    if (ret_cut->bad)
        return corrupt(ret_err, "it is empty");
    if (*ret_format < FORMAT || *ret_format > newest)
        return px_fail(ret_err, PX_UNSUPPORTED,
                       "a state row has format %u, this release reads up to %u", *ret_format,
                       newest);
    return PX_OK;
}

static bool key_is_valid(uint32_t key)
{
    return (key & ~PX_DESIRED) < PX_FIELDS_MAX;
}

static pxi_slot get_slot(px_cut *cut, px_time base)
{
    uint32_t key = px_get_varint32(cut);
    uint8_t flags = px_get_u8(cut);
    px_origin origin = { .quality = (px_quality)(flags & QUALITY_MASK),
                         .ahead = flags & FLAG_BY_ARRIVAL,
                         .kind = flags & FLAG_BY_COMMAND ? PX_ORIGIN_COMMAND : PX_ORIGIN_DEVICE };
    px_time time = plus(px_get_zigzag(cut), base);
    px_value value;

    origin.source_time = origin.arrival_time = time;
    if (flags & FLAG_SOURCE)
        origin.arrival_time =
            plus((int64_t)((uint64_t)px_get_zigzag(cut) * (uint64_t)PX_MILLISECOND), base);
    else
        origin.source_time = PX_TIME_NONE;
    value = px_get_value(cut);
    cut->bad |= !key_is_valid(key) || value.kind == PX_VALUE_NONE || flags & ~FLAGS_KNOWN ||
                (flags & QUALITY_MASK) > PX_QUALITY_BAD;
    return pxi_slot_make(key, value, &origin);
}

static pxi_slot version_slot(uint64_t version)
{
    static const px_origin none = { .source_time = PX_TIME_NONE };

    return pxi_slot_make(PXI_KEY_DESIRED_VERSION,
                         px_value_num((px_num){ .mantissa = (int64_t)version }), &none);
}

/* A row taken apart. */
typedef struct twin_row {
    pxi_twin_form form;
    uint64_t version, revision; /* 0: none */
    px_time revised, since;
    bool has_freshness;
    uint8_t freshness;
    uint32_t count;
    px_cut slots, slots_more; /* all of them; those behind the kept ones */
    pxi_slot kept[SLOTS_KEPT];
} twin_row;

static px_time base_of(const twin_row *row)
{
    return row->form.time - row->form.time % PX_MILLISECOND;
}

static px_status measure(twin_row *row, px_err *ret_err)
{
    px_cut cut = row->slots;
    int64_t key_before = -1;

    for (uint32_t i = 0; i < row->count && !cut.bad; i++) {
        pxi_slot slot = get_slot(&cut, base_of(row));

        cut.bad |= slot.key <= key_before;
        key_before = slot.key;
        pxi_form_add(&row->form, &slot);
        if (i < SLOTS_KEPT)
            row->kept[i] = slot;
        if (i == SLOTS_KEPT - 1)
            row->slots_more = cut;
    }
    if (cut.bad || px_cut_left(&cut))
        return corrupt(ret_err, "its values do not read");
    if (row->has_freshness) {
        pxi_slot slot = pxi_slot_freshness(row->freshness, row->since);

        pxi_form_add(&row->form, &slot);
    }
    if (row->revision) {
        pxi_slot slot = pxi_slot_revision(row->revision, row->revised);

        pxi_form_add(&row->form, &slot);
    }
    if (row->version) {
        pxi_slot slot = version_slot(row->version);

        pxi_form_add(&row->form, &slot);
    }
    return PX_OK;
}

/* A write before the last one: what is told of the last one is not told of another. */
static void get_revision(px_cut *cut, twin_row *row)
{
    row->revision = px_get_varint(cut);
    row->revised =
        plus((int64_t)((uint64_t)px_get_zigzag(cut) * (uint64_t)PX_MILLISECOND), base_of(row));
    cut->bad |= row->revision == 0 || row->revision >= row->form.seq;
}

static void get_freshness(px_cut *cut, twin_row *row)
{
    row->freshness = px_get_u8(cut);
    row->since = plus(px_get_zigzag(cut), base_of(row));
    cut->bad |= row->freshness > FRESHNESS_LAST;
}

/* What format 3 says by its marks, the earlier ones said by their number. */
static uint8_t get_marks(px_cut *cut, uint8_t format)
{
    uint8_t marks = format == FORMAT_REVISION ? MARK_REVISION : 0;

    if (format != FORMAT_FRESHNESS)
        return marks;
    marks = px_get_u8(cut);
    cut->bad |= !(marks & MARK_FRESHNESS) || (marks & ~(MARK_FRESHNESS | MARK_REVISION)) != 0;
    return marks;
}

static px_status read_twin(px_str bytes, twin_row *row, px_err *ret_err)
{
    uint8_t format, marks;
    px_cut cut;

    PX_TRY(open_row(bytes, FORMAT_FRESHNESS, &cut, &format, ret_err));
    row->form = (pxi_twin_form){ 0 };
    row->form.tenant = px_get_varint32(&cut);
    row->form.no = px_get_varint32(&cut);
    row->form.model = px_get_varint32(&cut);
    row->form.seq = px_get_varint(&cut);
    row->form.time = px_get_zigzag(&cut);
    row->revision = 0;
    marks = get_marks(&cut, format);
    row->has_freshness = marks & MARK_FRESHNESS;
    if (marks & MARK_REVISION)
        get_revision(&cut, row);
    if (row->has_freshness)
        get_freshness(&cut, row);
    row->form.id = px_get_block(&cut);
    row->version = px_get_varint(&cut);
    row->count = px_get_varint32(&cut);
    row->slots = cut;
    if (cut.bad || row->form.no == 0 || row->form.no == UINT32_MAX || row->form.id.len == 0 ||
        row->form.id.len > PX_TWIN_ID_BYTES_MAX || row->count > 2 * PX_FIELDS_MAX)
        return corrupt(ret_err, "its head does not read");
    return measure(row, ret_err);
}

static px_twin *fill(void *memory, const twin_row *row)
{
    px_twin *twin = pxi_twin_init(memory, &row->form);
    px_cut cut = row->slots_more;
    uint32_t at = row->count;
    size_t tail_at = 0;

    for (uint32_t i = 0; i < row->count; i++) {
        pxi_slot slot = i < SLOTS_KEPT ? row->kept[i] : get_slot(&cut, base_of(row));

        pxi_twin_fill(twin, i, &slot, &tail_at);
    }
    if (row->has_freshness) {
        pxi_slot slot = pxi_slot_freshness(row->freshness, row->since);

        pxi_twin_fill(twin, at++, &slot, &tail_at);
    }
    if (row->revision) {
        pxi_slot slot = pxi_slot_revision(row->revision, row->revised);

        pxi_twin_fill(twin, at++, &slot, &tail_at);
    }
    if (row->version) {
        pxi_slot slot = version_slot(row->version);

        pxi_twin_fill(twin, at, &slot, &tail_at);
    }
    return twin;
}

px_status px_twin_decode(px_str bytes, px_buf *buf, const px_twin **ret_twin, px_err *ret_err)
{
    twin_row row;
    size_t size;

    PX_TRY(read_twin(bytes, &row, ret_err));
    size = pxi_form_bytes(&row.form);
    if (size == 0)
        return corrupt(ret_err, "too many values");
    px_buf_clear(buf);
    if (px_buf_reserve(buf, size)) {
        *ret_twin = fill(buf->ptr, &row);
        buf->len = size;
    }
    return px_buf_status(buf, ret_err);
}

px_status px_graph_twin_load(px_txn *txn, uint32_t tenant, px_str bytes, px_err *ret_err)
{
    bool clean = txn->clean;
    twin_row row;
    size_t size;
    void *memory;
    px_status status;

    if (txn->broken)
        return px_no_memory(ret_err);
    PX_TRY(read_twin(bytes, &row, ret_err));
    if (row.form.tenant != tenant)
        return corrupt(ret_err, "it belongs to another tenant");
    row.form.birth = txn->cow.gen;
    size = pxi_form_bytes(&row.form);
    if (size == 0)
        return corrupt(ret_err, "too many values");
    memory = pxi_slab_alloc(&txn->graph->slab, size);
    if (!memory)
        return px_no_memory(ret_err);
    txn->clean = true;
    status = pxi_twin_place(txn, fill(memory, &row), ret_err);
    txn->clean = clean;
    if (status == PX_OK && txn->roots.seq < row.form.seq)
        txn->roots.seq = row.form.seq;
    return status;
}

void px_graph_load_begin(px_graph *graph)
{
    px_assert(!graph->busy && !graph->roots.twin_count);
    graph->loading = true;
}

px_status px_graph_load_end(px_txn *txn, px_err *ret_err)
{
    if (!pxi_sets_fill(txn))
        return pxi_txn_broken(txn, ret_err);
    txn->graph->loading = false;
    return PX_OK;
}

/* ---- relationships ---- */

typedef struct rel_row {
    uint32_t tenant, no, source, target, slot;
    uint64_t seq;
    px_time time;
    px_str id, name, properties;
} rel_row;

static px_status read_rel(px_str bytes, rel_row *row, px_err *ret_err)
{
    uint8_t format;
    px_cut cut;

    PX_TRY(open_row(bytes, FORMAT, &cut, &format, ret_err));
    *row = (rel_row){ 0 };
    row->tenant = px_get_varint32(&cut);
    row->no = px_get_varint32(&cut);
    row->source = px_get_varint32(&cut);
    row->target = px_get_varint32(&cut);
    row->slot = px_get_varint32(&cut);
    row->seq = px_get_varint(&cut);
    row->time = px_get_zigzag(&cut);
    row->id = px_get_block(&cut);
    row->name = px_get_block(&cut);
    row->properties = px_get_block(&cut);
    if (cut.bad || px_cut_left(&cut) || row->no == 0 || row->no == UINT32_MAX || row->id.len == 0 ||
        row->slot >= PX_ID_SLOTS || row->id.len > PX_TWIN_ID_BYTES_MAX || row->name.len == 0 ||
        row->name.len > PX_NAME_BYTES_MAX || row->properties.len > PX_TWIN_BYTES_MAX)
        return corrupt(ret_err, "it does not read as a relationship");
    return PX_OK;
}

static px_rel *rel_fill(void *memory, const rel_row *row, uint64_t birth)
{
    px_rel *rel = memory;
    char *at = rel->bytes;

    *rel = (px_rel){ .head = birth << 16 | row->name.len,
                     .seq = row->seq,
                     .time = row->time,
                     .no = row->no,
                     .tenant = row->tenant,
                     .source = row->source,
                     .target = row->target,
                     .properties_len = (uint32_t)row->properties.len,
                     .id_len = (uint16_t)row->id.len,
                     .slot = (uint16_t)row->slot };
    memcpy(at, row->id.ptr, row->id.len);
    memcpy(at + row->id.len, row->name.ptr, row->name.len);
    if (row->properties.len)
        memcpy(at + row->id.len + row->name.len, row->properties.ptr, row->properties.len);
    return rel;
}

px_status px_graph_rel_load(px_txn *txn, uint32_t tenant, px_str bytes, px_err *ret_err)
{
    bool clean = txn->clean;
    rel_row row;
    void *memory;
    px_status status;

    if (txn->broken)
        return px_no_memory(ret_err);
    PX_TRY(read_rel(bytes, &row, ret_err));
    if (row.tenant != tenant)
        return corrupt(ret_err, "it belongs to another tenant");
    memory = pxi_slab_alloc(&txn->graph->slab,
                            sizeof(px_rel) + row.id.len + row.name.len + row.properties.len);
    if (!memory)
        return px_no_memory(ret_err);
    txn->clean = true;
    status = pxi_rel_place(txn, rel_fill(memory, &row, txn->cow.gen), ret_err);
    txn->clean = clean;
    if (status == PX_OK && txn->roots.seq < row.seq)
        txn->roots.seq = row.seq;
    return status;
}
