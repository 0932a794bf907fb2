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

/* "Telemetry 'temperature' of dtmi:com:acme:Pump;1: " */
static void put_label(px_buf *buf, const px_el *el)
{
    const px_el *interface = el ? el->owner : NULL;
    px_str id;

    if (!el)
        return;
    id = interface->id.len > 0 ? interface->id : px_json_get_text(interface->node, PX_STR("@id"));
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

void px_parse_report_err(px_parse *parse, const px_err *err)
{
    px_model_report_add(&parse->report, err, parse->source);
}

void px_parse_report(px_parse *parse, px_rule rule, const px_el *el, const px_json *node,
                     px_str nearest, const char *format, ...)
{
    px_model_report *report = &parse->report;
    px_buf text = { 0 };
    char message[256];
    va_list args;

    if (!make_room(report)) {
        report->truncated = true;
        return;
    }
    report->sources[report->count] = el ? el->owner->source : parse->source;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    put_label(&text, el);
    px_putf(&text, "%s; %s", message, px_rule_sentence(rule));
    if (nearest.len > 0)
        px_putf(&text, "; did you mean '%.*s'?", shown(nearest, NAME_SHOWN_MAX), nearest.ptr);
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
