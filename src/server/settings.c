/* SPDX-License-Identifier: Apache-2.0 */
#include "server/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LONG false
#define COUNT true

/* type, member, name, unit, default, most, factor to the stored unit, what 0 is stored as (0 takes
 * the default, -1 means none), meaning */
#define PX_SETTINGS_MAP(X)                                                                         \
    X(LONG, batch_age_ns, "batch_age_us", "µs", "400", 20000, 1000, -1,                            \
      "a batch closes when its oldest request is this old; 0: at once, with what is queued")       \
    X(LONG, checkpoint_ns, "checkpoint_s", "s", "30", 3600, 1000000000, 0,                         \
      "one round of the checkpoint over all keys")                                                 \
    X(LONG, journal_keep_bytes, "journal_keep_mb", "MiB", "4096", 1 << 20, 1 << 20, 0,             \
      "journal kept although nobody needs it")                                                     \
    X(LONG, journal_keep_ns, "journal_keep_h", "h", "24", 10000, 3600 * 1000000000LL, 0,           \
      "and never longer than this")                                                                \
    X(LONG, wal_bytes_max, "wal_mb", "MiB", "32", 1024, 1 << 20, 0,                                \
      "size of the write-ahead log where a checkpoint begins; its file is a quarter longer from "  \
      "the start, at most 64 MiB, unless that is more than a 32nd of the free disk")               \
    X(LONG, snapshot_bytes_max, "snapshot_mb", "MiB", "1024", 1 << 20, 1 << 20, 0,                 \
      "what snapshots and branches may hold back before the oldest ends")                          \
    X(LONG, source_ahead_ns, "source_ahead_s", "s", "300", 86400, 1000000000, 0,                   \
      "a source clock further ahead than this is not believed")                                    \
    X(COUNT, mqtt_threads, "mqtt_threads", "", "1, or 2 from four processors on", 64, 1, 0,        \
      "threads of the MQTT door")                                                                  \
    X(COUNT, http_threads, "http_threads", "", "1, or 2 from four processors on", 64, 1, 0,        \
      "threads of the HTTP door")                                                                  \
    X(COUNT, http_rate, "http_rate", "", "0", 1000000, 1, 0,                                       \
      "HTTP requests a second of one token or device; 0: as many as it likes")

/* A value of 0 takes the default, which is told in words, or what `zero` says. */
static const struct {
    const char *name, *unit, *otherwise;
    long long least, most, factor, zero; /* factor: to the stored unit */
    size_t offset;
    bool is_unsigned;
    const char *meaning;
} table[] = {
#define X(type, member, name, unit, otherwise, most, factor, zero, meaning)                        \
    { name, unit, otherwise, 0, most, factor, zero, offsetof(px_settings, member), type, meaning },
    PX_SETTINGS_MAP(X)
#undef X
};

/* Texts: "" is none. */
static const struct {
    const char *name;
    size_t offset;
    const char *meaning;
} texts[] = {
    { "import_folder", offsetof(px_settings, import_folder),
      "folder below which `file:` URLs of import jobs may lead; none: no such URL is taken" },
    { "backup_folder", offsetof(px_settings, backup_folder),
      "folder of backups, of this server alone; none: `backups` in the data directory" },
    { "sparkplug_host", offsetof(px_settings, sparkplug_host),
      "id under which this server is a host application of Sparkplug B to all tenants "
      "(docs/sparkplug.md); none: it is not" },
};

enum {
    SETTINGS = sizeof(table) / sizeof(table[0]),
    TEXTS = sizeof(texts) / sizeof(texts[0]),
    LINE_BYTES = 512
};

static px_status unknown(px_str name, const char *where, uint32_t line, px_err *ret_err)
{
    px_str names[SETTINGS + TEXTS], near;

    for (size_t i = 0; i < SETTINGS; i++)
        names[i] = px_str_c(table[i].name);
    for (size_t i = 0; i < TEXTS; i++)
        names[SETTINGS + i] = px_str_c(texts[i].name);
    near = px_str_nearest(name, names, SETTINGS + TEXTS);
    px_fail_id(ret_err, PX_INVALID, "config.name", "%s:%u: there is no setting '%.*s'%s%.*s%s",
               where, line, PX_FMT(name), near.len ? "; did you mean '" : "", PX_FMT(near),
               near.len ? "'?" : "");
    px_err_at(ret_err, line, 1, PX_STR(""));
    return PX_INVALID;
}

/* False when there is no text of this name. */
static bool set_text(px_settings *settings, px_str name, px_str value, const char *where,
                     uint32_t line, px_status *ret_status, px_err *ret_err)
{
    for (size_t i = 0; i < TEXTS; i++) {
        char *text = (char *)settings + texts[i].offset;

        if (!px_str_eq(name, px_str_c(texts[i].name)))
            continue;
        snprintf(text, PX_SETTING_TEXT_BYTES, "%.*s", PX_FMT(value));
        *ret_status =
            value.len < PX_SETTING_TEXT_BYTES
                ? PX_OK
                : px_fail_id(ret_err, PX_INVALID, "config.value", "%s:%u: %s has at most %d bytes",
                             where, line, texts[i].name, PX_SETTING_TEXT_BYTES - 1);
        return true;
    }
    return false;
}

static px_status set(px_settings *settings, px_str name, px_str value, const char *where,
                     uint32_t line, px_err *ret_err)
{
    px_status status;

    if (set_text(settings, name, value, where, line, &status, ret_err))
        return status;
    for (size_t i = 0; i < SETTINGS; i++) {
        char text[32], *end;
        long long number;

        if (!px_str_eq(name, px_str_c(table[i].name)))
            continue;
        snprintf(text, sizeof(text), "%.*s", PX_FMT(value));
        errno = 0;
        number = strtoll(text, &end, 10);
        if (value.len == 0 || value.len >= sizeof(text) || *end || errno ||
            number < table[i].least || number > table[i].most)
            return px_fail_id(ret_err, PX_INVALID, "config.value",
                              "%s:%u: %s is a whole number from %lld to %lld, not '%.*s'", where,
                              line, table[i].name, table[i].least, table[i].most, PX_FMT(value));
        if (table[i].is_unsigned)
            *(unsigned *)(void *)((char *)settings + table[i].offset) = (unsigned)number;
        else
            *(int64_t *)(void *)((char *)settings + table[i].offset) =
                number ? number * table[i].factor : table[i].zero;
        return PX_OK;
    }
    return unknown(name, where, line, ret_err);
}

static px_status read_line(px_settings *settings, px_str line, const char *where, uint32_t number,
                           px_err *ret_err)
{
    px_str rest = px_str_cut(&line, '#'), name;

    rest = px_str_trim(rest);
    if (rest.len == 0)
        return PX_OK;
    name = px_str_trim(px_str_cut(&rest, '='));
    return set(settings, name, px_str_trim(rest), where, number, ret_err);
}

static px_status read_file(px_settings *settings, const char *path, px_err *ret_err)
{
    FILE *file = fopen(path, "re");
    px_status status = PX_OK;
    char line[LINE_BYTES];

    if (!file)
        return px_fail(ret_err, PX_NOT_FOUND, "cannot read the configuration %s: %s", path,
                       strerror(errno));
    for (uint32_t number = 1; status == PX_OK && fgets(line, sizeof(line), file); number++)
        status = strlen(line) == sizeof(line) - 1
                     ? px_fail(ret_err, PX_TOO_LARGE, "%s:%u: the line is longer than %d bytes",
                               path, number, LINE_BYTES - 2)
                     : read_line(settings, px_str_c(line), path, number, ret_err);
    fclose(file);
    return status;
}

px_status px_settings_read(const px_serve_opts *opts, px_settings *ret_settings, px_err *ret_err)
{
    px_settings settings = { 0 };

    if (opts->config)
        PX_TRY(read_file(&settings, opts->config, ret_err));
    for (uint32_t i = 0; opts->env && opts->env[i]; i++)
        PX_TRY(read_line(&settings, px_str_c(opts->env[i]), "setting", i + 1, ret_err));
    *ret_settings = settings;
    return PX_OK;
}

void px_put_settings_page(px_buf *buf)
{
    px_put_c(buf,
             "# Configuration\n\n"
             "`pollux serve --help` lists the options of the command line. What is rarer stands "
             "in a file given by `--config`: one\n`name = value` a line, `#` begins a comment. "
             "Every value is a whole number, or a text where the range says so; 0 takes the "
             "default unless the table says what it "
             "means; an unknown name is\nrefused with the nearest known one. This page is printed "
             "from the table in "
             "`src/server/settings.c` (HACKING.md says how).\n\n"
             "| name | unit | default | range | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < SETTINGS; i++)
        px_putf(buf, "| `%s` | %s | %s | %lld–%lld | %s |\n", table[i].name, table[i].unit,
                table[i].otherwise, table[i].least, table[i].most, table[i].meaning);
    for (size_t i = 0; i < TEXTS; i++)
        px_putf(buf, "| `%s` | | none | text | %s |\n", texts[i].name, texts[i].meaning);
}
