/* SPDX-License-Identifier: Apache-2.0 */
/* A file is its base, if it has one, under the pages that were written over it. */
#include "store/dry_env.h"

#include "base/map.h"
#include "base/vec.h"

enum { PAGE = 4096 };

typedef struct page {
    int64_t number;
    uint8_t bytes[PAGE];
} page;

typedef struct dry_file {
    char *name;
    px_file *base; /* of the machine; NULL: none */
    int64_t base_size, size;
    bool removed;
    PX_VEC(page *) pages;
    px_map by_number;
} dry_file;

struct px_dry_env {
    px_env env;
    px_env *machine;
    PX_VEC(dry_file *) files;
};

/* What px_env hands out. */
struct px_file {
    dry_file *file;
};

static px_dry_env *dry_of(px_env *env)
{
    return env->data;
}

/* ---- pages ---- */

static page *find_page(const dry_file *f, int64_t number)
{
    for (size_t at = px_map_first(&f->by_number, (uint64_t)number); at != PX_MAP_END;
         at = px_map_next(&f->by_number, (uint64_t)number, at)) {
        page *p = f->pages.ptr[f->by_number.values[at]];

        if (p->number == number)
            return p;
    }
    return NULL;
}

/* What the base has of these bytes; what it has not is zero. */
static px_status read_base(px_dry_env *dry, const dry_file *f, void *bytes, size_t size, int64_t at)
{
    size_t got = 0;

    if (f->base && at < f->base_size)
        PX_TRY(dry->machine->read(dry->machine, f->base, bytes, size, at, &got));
    memset((char *)bytes + got, 0, size - got);
    return PX_OK;
}

static px_status make_page(px_dry_env *dry, dry_file *f, int64_t number, page **ret_page)
{
    page *p = find_page(f, number);
    px_status status;

    *ret_page = p;
    if (p)
        return PX_OK;
    p = px_alloc(sizeof(*p));
    if (!p)
        return PX_NO_MEMORY;
    p->number = number;
    status = read_base(dry, f, p->bytes, PAGE, number * PAGE);
    if (status == PX_OK && !(px_map_reserve(&f->by_number, 1) && PX_VEC_PUSH(&f->pages, p)))
        status = PX_NO_MEMORY;
    if (status != PX_OK) {
        px_free(p);
        return status;
    }
    px_map_add(&f->by_number, (uint64_t)number, (uint32_t)f->pages.len - 1);
    *ret_page = p;
    return PX_OK;
}

static void drop_pages(dry_file *f)
{
    PX_VEC_EACH (&f->pages, p)
        px_free(*p);
    PX_VEC_RELEASE(&f->pages);
    px_map_clear(&f->by_number);
}

/* ---- names ---- */

static dry_file *find_file(px_dry_env *dry, const char *name)
{
    PX_VEC_EACH (&dry->files, f)
        if (strcmp((*f)->name, name) == 0)
            return *f;
    return NULL;
}

static dry_file *make_file(px_dry_env *dry, const char *name)
{
    dry_file *f = px_zalloc(1, sizeof(*f));

    if (f)
        f->name = px_alloc(strlen(name) + 1);
    if (!f || !f->name || !PX_VEC_PUSH(&dry->files, f)) {
        if (f)
            px_free(f->name);
        px_free(f);
        return NULL;
    }
    memcpy(f->name, name, strlen(name) + 1);
    return f;
}

/* ---- px_env ---- */

static px_time dry_now(px_env *env)
{
    return dry_of(env)->machine->now(dry_of(env)->machine);
}

static int64_t dry_monotonic_ns(px_env *env)
{
    return dry_of(env)->machine->monotonic_ns(dry_of(env)->machine);
}

static void dry_random(px_env *env, void *ret_bytes, size_t size)
{
    dry_of(env)->machine->random(dry_of(env)->machine, ret_bytes, size);
}

static void dry_sleep(px_env *env, int64_t duration_ns)
{
    dry_of(env)->machine->sleep_ns(dry_of(env)->machine, duration_ns);
}

static px_status dry_open(px_env *env, const char *path, int flags, px_file **ret_file,
                          px_err *ret_err)
{
    dry_file *f = find_file(dry_of(env), path);
    px_file *file;

    if ((!f || f->removed) && !(flags & PX_OPEN_CREATE))
        return px_fail(ret_err, PX_NOT_FOUND, "there is no file %s", path);
    if (!f)
        f = make_file(dry_of(env), path);
    file = f ? px_alloc(sizeof(*file)) : NULL;
    if (!file)
        return px_no_memory(ret_err);
    f->removed = false;
    file->file = f;
    *ret_file = file;
    return PX_OK;
}

static void dry_close(px_env *env, px_file *file)
{
    (void)env;
    px_free(file);
}

static size_t within(int64_t at, size_t size)
{
    size_t left = PAGE - (size_t)(at % PAGE);

    return size < left ? size : left;
}

static px_status dry_read(px_env *env, px_file *file, void *ret_bytes, size_t size, int64_t offset,
                          size_t *ret_size)
{
    dry_file *f = file->file;
    char *to = ret_bytes;

    if (offset >= f->size)
        size = 0;
    else if ((int64_t)size > f->size - offset)
        size = (size_t)(f->size - offset);
    *ret_size = size;
    while (size > 0) {
        size_t n = within(offset, size);
        const page *p = find_page(f, offset / PAGE);

        if (p)
            memcpy(to, p->bytes + offset % PAGE, n);
        else
            PX_TRY(read_base(dry_of(env), f, to, n, offset));
        to += n;
        offset += (int64_t)n;
        size -= n;
    }
    return PX_OK;
}

static px_status dry_write(px_env *env, px_file *file, const void *bytes, size_t size,
                           int64_t offset)
{
    dry_file *f = file->file;
    const char *from = bytes;

    while (size > 0) {
        size_t n = within(offset, size);
        page *p;

        PX_TRY(make_page(dry_of(env), f, offset / PAGE, &p));
        memcpy(p->bytes + offset % PAGE, from, n);
        from += n;
        offset += (int64_t)n;
        size -= n;
        if (offset > f->size)
            f->size = offset;
    }
    return PX_OK;
}

/* What is cut off comes back as zeros: only a file in memory is ever cut to grow again. */
static px_status dry_truncate(px_env *env, px_file *file, int64_t size)
{
    dry_file *f = file->file;

    (void)env;
    if (size == 0)
        drop_pages(f);
    if (size < f->base_size)
        f->base_size = size;
    f->size = size;
    return PX_OK;
}

static px_status dry_sync(px_env *env, px_file *file)
{
    (void)env, (void)file;
    return PX_OK;
}

static px_status dry_size(px_env *env, px_file *file, int64_t *ret_size)
{
    (void)env;
    *ret_size = file->file->size;
    return PX_OK;
}

static px_status dry_remove(px_env *env, const char *path)
{
    dry_file *f = find_file(dry_of(env), path);

    if (!f)
        return PX_OK;
    drop_pages(f);
    f->removed = true;
    f->size = f->base_size = 0;
    return PX_OK;
}

static px_status dry_exists(px_env *env, const char *path, bool *ret_exists)
{
    dry_file *f = find_file(dry_of(env), path);

    *ret_exists = f && !f->removed;
    return PX_OK;
}

/* Nothing that opens a store renames. */
static px_status dry_rename(px_env *env, const char *from, const char *to)
{
    (void)env, (void)from, (void)to;
    return PX_IO;
}

static px_status dry_sync_dir(px_env *env, const char *path)
{
    (void)env, (void)path;
    return PX_OK;
}

static int64_t dry_free_bytes(px_env *env, const char *path)
{
    (void)env, (void)path;
    return INT64_MAX;
}

/* ---- life ---- */

static px_status show(px_dry_env *dry, const char *path, const char *name, px_err *ret_err)
{
    px_env *machine = dry->machine;
    dry_file *f = make_file(dry, name);

    if (!f)
        return px_no_memory(ret_err);
    PX_TRY(machine->open(machine, path, PX_OPEN_READ, &f->base, ret_err));
    if (machine->size(machine, f->base, &f->base_size) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot read the size of %s", path);
    f->size = f->base_size;
    return PX_OK;
}

px_status px_dry_env_new(const char *path, const char *name, px_dry_env **ret_dry, px_err *ret_err)
{
    px_dry_env *dry = px_zalloc(1, sizeof(*dry));
    px_status status;

    if (!dry)
        return px_no_memory(ret_err);
    dry->machine = px_env_posix();
    dry->env = (px_env){ .now = dry_now,
                         .monotonic_ns = dry_monotonic_ns,
                         .random = dry_random,
                         .sleep_ns = dry_sleep,
                         .open = dry_open,
                         .close = dry_close,
                         .read = dry_read,
                         .write = dry_write,
                         .truncate = dry_truncate,
                         .sync = dry_sync,
                         .size = dry_size,
                         .remove = dry_remove,
                         .rename = dry_rename,
                         .exists = dry_exists,
                         .sync_dir = dry_sync_dir,
                         .lock = dry_sync,
                         .free_bytes = dry_free_bytes,
                         .data = dry };
    status = show(dry, path, name, ret_err);
    if (status != PX_OK) {
        px_dry_env_free(dry);
        return status;
    }
    *ret_dry = dry;
    return PX_OK;
}

void px_dry_env_free(px_dry_env *dry)
{
    if (!dry)
        return;
    PX_VEC_EACH (&dry->files, f) {
        if ((*f)->base)
            dry->machine->close(dry->machine, (*f)->base);
        drop_pages(*f);
        px_map_release(&(*f)->by_number);
        px_free((*f)->name);
        px_free(*f);
    }
    PX_VEC_RELEASE(&dry->files);
    px_free(dry);
}

px_env *px_dry_env_env(px_dry_env *dry)
{
    return &dry->env;
}
