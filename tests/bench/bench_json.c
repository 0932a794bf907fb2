/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telemetry decode: 148 bytes of JSON into typed values, beside jansson on the same bytes: by
 * px_decode_message, the function that the MQTT door calls, with a compiled model, and by the pull
 * reader with a list of fields, which shows what the reader alone costs.
 *
 * All sides look every field up by name, check its type, refuse unknown and repeated names, and
 * read the time. Ours keeps exact decimals and checks every limit of a door; jansson gives doubles.
 * The messages differ in digits, words and lengths of their fields, so that no branch is learnt by
 * heart. Rounds alternate; CPU time of the process; the median of the rounds counts.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/model.h"
#include "sync/decode.h"

enum { MESSAGE_BYTES = 148, MESSAGES = 509, FIELDS = 8, ROUNDS = 9, DECODES = 200000 };

typedef struct field {
    px_str name;
    px_value_kind kind;
} field;

#define FIELD(name, kind)                                                                          \
    {                                                                                              \
        { (name), sizeof(name) - 1 }, PX_VALUE_##kind                                              \
    }

static const field layout[FIELDS] = {
    FIELD("temperature", NUM), FIELD("pressure", NUM), FIELD("vibration", NUM), FIELD("rpm", NUM),
    FIELD("running", BOOL),    FIELD("amps", NUM),     FIELD("state", TEXT),    FIELD("$ts", TEXT),
};

typedef struct row {
    px_value values[FIELDS];
    px_time time;
} row;

/* ---- ours ---- */

static int find_field(px_str name)
{
    for (int i = 0; i < FIELDS; i++)
        if (px_str_eq(layout[i].name, name))
            return i;
    return -1;
}

/* The field of the next key; FIELDS at the end of the object, -1 when it is unknown or bad. Devices
 * send their fields in the same order again and again: the next one is tried first. */
static int next_field(px_json_reader *r, int last)
{
    if (last + 1 < FIELDS && px_json_try_key(r, layout[last + 1].name))
        return last + 1;
    switch (px_json_next(r)) {
    case PX_JSON_KEY:
        return find_field(r->text);
    case PX_JSON_OBJECT_END:
        return FIELDS;
    default:
        return -1;
    }
}

/* Sets members one by one: a px_value made aside and copied would be read again before its parts
 * have left the store buffer, which costs more than the parsing. */
static bool read_value(px_json_reader *r, px_value *ret_value)
{
    px_json_type type = px_json_next(r);

    switch (type) {
    case PX_JSON_NUMBER:
        ret_value->kind = PX_VALUE_NUM;
        ret_value->num = r->num;
        return true;
    case PX_JSON_STRING:
        ret_value->kind = PX_VALUE_TEXT;
        ret_value->text = r->text;
        return true;
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        ret_value->kind = PX_VALUE_BOOL;
        ret_value->boolean = type == PX_JSON_TRUE;
        return true;
    default:
        return false;
    }
}

static bool decode(px_str text, const px_json_opts *opts, px_arena *arena, row *ret)
{
    px_json_reader r;
    uint32_t seen = 0;
    int at = -1;

    px_json_reader_init(&r, text, opts, arena);
    if (px_json_next(&r) != PX_JSON_OBJECT)
        return false;
    while ((at = next_field(&r, at)) != FIELDS) {
        if (at < 0 || seen & 1u << at)
            return false;
        seen |= 1u << at;
        if (!read_value(&r, &ret->values[at]) || ret->values[at].kind != layout[at].kind)
            return false;
    }
    return px_json_next(&r) == PX_JSON_DONE &&
           px_time_parse(ret->values[FIELDS - 1].text, &ret->time, NULL) == PX_OK;
}

/* ---- by the model ---- */

static const char model_text[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:bench:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"vibration\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"rpm\",\"schema\":\"integer\"},"
    "{\"@type\":\"Property\",\"name\":\"running\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"amps\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"}]}";

static px_model_set load_model(void)
{
    px_model_set set = { 0 };
    px_err err = { 0 };

    if (px_models_parse(px_str_c(model_text), NULL, &set, &err) != PX_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return set;
}

static bool decode_by_model(const px_layout *model, px_str text, px_arena *arena)
{
    px_decode_opts opts = { .component = PX_NO_COMPONENT };
    px_decoded decoded;

    return px_decode_message(model, &opts, text, arena, &decoded, NULL) == PX_OK &&
           decoded.accepted == FIELDS - 1;
}

/* ---- jansson ---- */

static bool take(json_t *value, px_value *ret)
{
    switch (json_typeof(value)) {
    case JSON_REAL:
    case JSON_INTEGER:
        ret->kind = PX_VALUE_NUM;
        ret->num = px_num_double(json_number_value(value));
        return true;
    case JSON_STRING:
        ret->kind = PX_VALUE_TEXT;
        ret->text = px_str_of(json_string_value(value), json_string_length(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        ret->kind = PX_VALUE_BOOL;
        ret->boolean = json_is_true(value);
        return true;
    default:
        return false;
    }
}

static bool decode_jansson(px_str text, row *ret)
{
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(root) && json_object_size(root) == FIELDS;

    for (int i = 0; good && i < FIELDS; i++) {
        json_t *value = json_object_get(root, layout[i].name.ptr);

        good = value && take(value, &ret->values[i]) && ret->values[i].kind == layout[i].kind;
    }
    good = good && px_time_parse(ret->values[FIELDS - 1].text, &ret->time, NULL) == PX_OK;
    json_decref(root);
    return good;
}

/* ---- the messages ---- */

static char messages[MESSAGES][MESSAGE_BYTES + 1];

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* The state's word takes up the slack, so that every message has the same length. */
static void make_message(char *out, uint64_t *seed)
{
    char head[MESSAGE_BYTES], tail[MESSAGE_BYTES];
    uint32_t a = next_random(seed), b = next_random(seed), c = next_random(seed);
    int head_len = snprintf(
        head, sizeof(head),
        "{\"temperature\":%u.%u,\"pressure\":%u.%u,\"vibration\":0.%04u,\"rpm\":%u,\"running\":%s,"
        "\"amps\":%u.%02u,\"state\":\"",
        a % 120, a / 128 % 10, b % 200, b / 256 % 1000, c % 500, c / 512 % 3000,
        a & 1 << 20 ? "true" : "false", b >> 20 & 15, c >> 20 & 63);
    int tail_len = snprintf(tail, sizeof(tail), "\",\"$ts\":\"2026-11-%02uT%02u:%02u:%02u.%uZ\"}",
                            a % 30 + 1, b % 24, c % 60, a / 64 % 60, b / 64 % 9 + 1);

    memcpy(out, head, (size_t)head_len);
    memset(out + head_len, 'a' + (int)(a % 26), (size_t)(MESSAGE_BYTES - head_len - tail_len));
    memcpy(out + MESSAGE_BYTES - tail_len, tail, (size_t)tail_len);
    out[MESSAGE_BYTES] = '\0';
}

/* ---- the clock ---- */

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double round_of_reader(void)
{
    px_json_opts opts = px_json_opts_door();
    double begin;
    px_arena arena;
    row s;

    opts.refuse_duplicates = false; /* a bit per field does it */
    px_arena_init(&arena, 1 << 20);
    begin = cpu_seconds();
    for (int i = 0; i < DECODES; i++) {
        px_arena_reset(&arena);
        px_assert(decode(px_str_of(messages[i % MESSAGES], MESSAGE_BYTES), &opts, &arena, &s));
    }
    begin = cpu_seconds() - begin;
    px_arena_release(&arena);
    return DECODES / begin;
}

static double round_by_model(const px_layout *model)
{
    double begin = cpu_seconds();
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    for (int i = 0; i < DECODES; i++) {
        px_arena_reset(&arena);
        px_assert(decode_by_model(model, px_str_of(messages[i % MESSAGES], MESSAGE_BYTES), &arena));
    }
    px_arena_release(&arena);
    return DECODES / (cpu_seconds() - begin);
}

static double round_of_jansson(void)
{
    double begin = cpu_seconds();
    row s;

    for (int i = 0; i < DECODES / 8; i++)
        px_assert(decode_jansson(px_str_of(messages[i % MESSAGES], MESSAGE_BYTES), &s));
    return DECODES / 8 / (cpu_seconds() - begin);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_row(const char *name, double *rates, double peer)
{
    printf("%-26s %8.2f %8.2f %8.1f %8.1f\n", name, rates[ROUNDS / 2] / 1e6, rates[0] / 1e6,
           1e9 / rates[ROUNDS / 2], rates[ROUNDS / 2] / peer);
}

int main(void)
{
    double model[ROUNDS], reader[ROUNDS], peer[ROUNDS];
    px_model_set set = load_model();
    uint64_t seed = 1;

    for (int i = 0; i < MESSAGES; i++)
        make_message(messages[i], &seed);
    for (int i = 0; i < ROUNDS; i++) {
        model[i] = round_by_model(px_model_layout(set.models[0]));
        reader[i] = round_of_reader();
        peer[i] = round_of_jansson();
    }
    px_model_set_release(&set);
    qsort(model, ROUNDS, sizeof(*model), by_value);
    qsort(reader, ROUNDS, sizeof(*reader), by_value);
    qsort(peer, ROUNDS, sizeof(*peer), by_value);
    printf("%s\n%-26s %8s %8s %8s %8s\n", messages[0], "million messages per cpu s", "median",
           "worst", "ns each", "ratio");
    print_row("decode by the model", model, peer[ROUNDS / 2]);
    print_row("pull reader", reader, peer[ROUNDS / 2]);
    print_row("jansson", peer, peer[ROUNDS / 2]);
    return 0;
}
