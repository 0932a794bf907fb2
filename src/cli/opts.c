/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/opts.h"

#include <errno.h>
#include <stdlib.h>

enum { CANDIDATES_MAX = 64 };

void px_args_release(px_args *args)
{
    PX_VEC_RELEASE(&args->given);
    PX_VEC_RELEASE(&args->operands);
}

static const px_opt *find(const px_args *args, px_str name)
{
    const px_opt *tables[] = { args->own, args->common };

    for (size_t i = 0; i < 2; i++)
        for (const px_opt *opt = tables[i]; opt && opt->name; opt++)
            if (px_str_eq(px_str_c(opt->name), name))
                return opt;
    return NULL;
}

static const px_opt *find_letter(const px_args *args, char letter)
{
    const px_opt *tables[] = { args->own, args->common };

    for (size_t i = 0; i < 2; i++)
        for (const px_opt *opt = tables[i]; opt && opt->name; opt++)
            if (opt->letter == letter && letter)
                return opt;
    return NULL;
}

static px_status unknown(const px_args *args, px_str name, px_err *ret_err)
{
    const px_opt *tables[] = { args->own, args->common };
    px_str candidates[CANDIDATES_MAX], nearest;
    size_t count = 0;

    for (size_t i = 0; i < 2; i++)
        for (const px_opt *opt = tables[i]; opt && opt->name && count < CANDIDATES_MAX; opt++)
            candidates[count++] = px_str_c(opt->name);
    nearest = px_str_nearest(name, candidates, count);
    if (nearest.len)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "there is no option --%.*s; did you mean --%.*s?", PX_FMT(name),
                          PX_FMT(nearest));
    return px_fail_id(ret_err, PX_INVALID, "cli.option", "there is no option --%.*s here",
                      PX_FMT(name));
}

static px_status keep(px_args *args, const px_opt *opt, const char *value, px_err *ret_err)
{
    px_given given = { opt, value };

    return PX_VEC_PUSH(&args->given, given) ? PX_OK : px_no_memory(ret_err);
}

/* `--token --json`: the value was forgotten. One that really looks so is given as --token=--json.
 */
static bool is_option(const px_args *args, const char *word)
{
    px_str text = px_str_c(word);

    return px_str_starts(text, PX_STR("--")) && find(args, px_str_skip(text, 2));
}

/* `word` is what follows the dashes: name or name=value. */
static px_status read_long(px_args *args, const char *word, int argc, const char *const *argv,
                           int *at, px_err *ret_err)
{
    const char *equals = strchr(word, '=');
    px_str name = equals ? px_str_of(word, (size_t)(equals - word)) : px_str_c(word);
    const px_opt *opt = find(args, name);

    if (!opt)
        return unknown(args, name, ret_err);
    if (!opt->value && equals)
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "--%s takes no value", opt->name);
    if (!opt->value)
        return keep(args, opt, NULL, ret_err);
    if (equals)
        return keep(args, opt, equals + 1, ret_err);
    if (*at >= argc || is_option(args, argv[*at]))
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "--%s needs a value: --%s %s",
                          opt->name, opt->name, opt->value);
    return keep(args, opt, argv[(*at)++], ret_err);
}

/* One letter to a dash; its value stands in the same word or in the next. */
static px_status read_letter(px_args *args, const char *word, int argc, const char *const *argv,
                             int *at, px_err *ret_err)
{
    const px_opt *opt = find_letter(args, word[0]);

    if (!opt)
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "there is no option -%s here", word);
    if (!opt->value && word[1])
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "-%c takes no value", word[0]);
    if (!opt->value)
        return keep(args, opt, NULL, ret_err);
    if (word[1])
        return keep(args, opt, word + 1, ret_err);
    if (*at >= argc)
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "-%c needs a value: -%c %s", word[0],
                          word[0], opt->value);
    return keep(args, opt, argv[(*at)++], ret_err);
}

px_status px_args_read(px_args *args, int argc, const char *const *argv, int *at,
                       bool first_operand_stops, px_err *ret_err)
{
    bool only_operands = false;

    while (*at < argc) {
        const char *word = argv[*at];
        bool is_option = !only_operands && word[0] == '-' && word[1];

        if (!is_option && first_operand_stops)
            return PX_OK;
        *at += 1;
        if (!is_option) {
            if (!PX_VEC_PUSH(&args->operands, word))
                return px_no_memory(ret_err);
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (word[1] == '-') {
            PX_TRY(read_long(args, word + 2, argc, argv, at, ret_err));
        } else {
            PX_TRY(read_letter(args, word + 1, argc, argv, at, ret_err));
        }
    }
    return PX_OK;
}

const char *px_args_next(const px_args *args, const char *name, size_t *at)
{
    const px_opt *opt = find(args, px_str_c(name));

    px_assert(opt != NULL);
    while (*at < args->given.len) {
        const px_given *given = &args->given.ptr[(*at)++];

        if (given->opt == opt)
            return given->value ? given->value : "";
    }
    return NULL;
}

const char *px_args_get(const px_args *args, const char *name)
{
    const char *value, *last = NULL;

    for (size_t at = 0; (value = px_args_next(args, name, &at)) != NULL;)
        last = value;
    return last;
}

bool px_args_has(const px_args *args, const char *name)
{
    return px_args_get(args, name) != NULL;
}

px_status px_args_count(const px_args *args, const char *name, uint64_t min, uint64_t max,
                        uint64_t *ret_value, px_err *ret_err)
{
    const char *text = px_args_get(args, name);
    unsigned long long value;
    char *end;

    if (!text)
        return PX_OK;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || *end || end == text || text[0] == '-' || value < min || value > max)
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--%s '%s' is not a whole number from %llu to %llu", name, text,
                          (unsigned long long)min, (unsigned long long)max);
    *ret_value = value;
    return PX_OK;
}

const char *px_args_operand(const px_args *args, size_t index)
{
    return index < args->operands.len ? args->operands.ptr[index] : NULL;
}
