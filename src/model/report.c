/* SPDX-License-Identifier: Apache-2.0 */
#include "model/parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"

enum { NAME_SHOWN_MAX = 40, ID_SHOWN_MAX = 128 };

static int shown(px_str text, int max)
{
    return text.len > (size_t)max ? max : (int)text.len;
}

/* "Telemetry 'temperature' of dtmi:com:acme:Pump;1: "; `is_short`: without the Interface. */
static void put_label(px_buf *buf, const px_el *el, bool is_short)
{
    const px_el *interface = el ? el->owner : NULL;
    px_str id;

    if (!el)
        return;
    id = interface->id.len > 0 ? interface->id : px_json_get_text(interface->node, PX_STR("@id"));
    if (is_short)
        id = (px_str){ 0 };
    if (el != interface || id.len == 0)
        px_putf(buf, "%s", px_class_term(el->class));
    if (el->name.len > 0)
        px_putf(buf, " '%.*s'", shown(el->name, NAME_SHOWN_MAX), el->name.ptr);
    if (id.len > 0)
        px_putf(buf, "%s%.*s", el == interface ? "" : " of ", shown(id, ID_SHOWN_MAX), id.ptr);
    px_put(buf, PX_STR(": "));
}

bool px_parse_is_full(const px_parse *parse)
{
    return parse->report.truncated;
}

static bool make_room(px_model_report *report)
{
    size_t count = report->count + 1;

    return report->count < PX_MODEL_ERRORS_MAX &&
           (count <= report->cap ||
            px_vec_grow((void **)&report->errs, &report->cap, count, sizeof(*report->errs))) &&
           (count <= report->sources_cap ||
            px_vec_grow((void **)&report->sources, &report->sources_cap, count,
                        sizeof(*report->sources)));
}

void px_model_report_add(px_model_report *report, const px_err *err, uint32_t source)
{
    if (!make_room(report)) {
        report->truncated = true;
        return;
    }
    report->sources[report->count] = source;
    report->errs[report->count++] = *err;
}

/* What is wrong, what would be right, and what it may have been meant to be. */
typedef struct complaint {
    const char *message;
    px_rule rule;
    px_str nearest;
} complaint;

static bool put_complaint(px_buf *buf, const px_el *el, bool is_short, const complaint *c)
{
    px_buf_clear(buf);
    put_label(buf, el, is_short);
    px_putf(buf, "%s; %s", c->message, px_rule_sentence(c->rule));
    if (c->nearest.len > 0)
        px_putf(buf, "; did you mean '%.*s'?", shown(c->nearest, NAME_SHOWN_MAX), c->nearest.ptr);
    return buf->len < sizeof(((px_err *)NULL)->text);
}

/* The place is told by line and path, too: rather without the Interface and the element than cut.
 */
static void put_whole(px_buf *buf, const px_el *el, const complaint *c)
{
    if (!put_complaint(buf, el, false, c) && !put_complaint(buf, el, true, c))
        (void)put_complaint(buf, NULL, true, c);
}

void px_parse_report_err(px_parse *parse, const px_err *err)
{
    px_model_report_add(&parse->report, err, parse->source);
}

void px_parse_report(px_parse *parse, px_rule rule, const px_el *el, const px_json *node,
                     px_str nearest, const char *format, ...)
{
    px_model_report *report = &parse->report;
    px_buf text = { 0 };
    char message[512];
    va_list args;

    if (!make_room(report)) {
        report->truncated = true;
        return;
    }
    report->sources[report->count] = el ? el->owner->source : parse->source;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    put_whole(&text, el, &(complaint){ message, rule, nearest });
    (void)px_json_fail(node, &report->errs[report->count++], PX_INVALID, px_rule_id(rule), "%s",
                       text.ptr ? text.ptr : message);
    px_buf_release(&text);
}

void px_model_report_release(px_model_report *report)
{
    px_free(report->errs);
    px_free(report->sources);
    *report = (px_model_report){ 0 };
}
