/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inode has two images, the cache's and the platter's, and the list of changes that lie between
 * them. A sync carries the changed ranges over; a crash replays the changes sector by sector, each
 * sector up to a change of its own choosing. Plain malloc, so that allocation faults of the code
 * under test never hit the disk itself.
 */
#include "px_fakedisk.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECTOR = 512, PAGE = 4096, NAME_MAX_BYTES = 256 };

typedef struct image {
    uint8_t *bytes;
    size_t size, cap; /* bytes from size to cap are zero */
} image;

typedef struct change {
    bool truncate; /* then only `size_after` counts */
    size_t offset, len, size_after;
    uint8_t *bytes;
} change;

typedef struct inode {
    struct inode *next;
    image cache, platter;
    change *changes;
    size_t change_count, change_cap;
    px_file *locked_by;
} inode;

typedef struct entry {
    char name[NAME_MAX_BYTES];
    inode *file;
} entry;

typedef struct directory {
    entry *entries;
    size_t count, cap;
} directory;

/* One change of the directory: the name now means `file`, or nothing. */
typedef struct dir_change {
    char name[NAME_MAX_BYTES];
    inode *file;
} dir_change;

typedef struct fault {
    uint64_t left; /* calls until it is met; 0: none */
    px_status status;
    bool forever, met;
} fault;

struct px_file {
    inode *file;
    bool writable;
    uint64_t life; /* of the disk, when it was opened */
};

struct px_fakedisk {
    px_env env;
    uint64_t random, crash_random;
    _Atomic px_time now; /* a test may have threads that ask for the time */
    _Atomic int64_t monotonic;
    int64_t sync_ns;
    inode *inodes;
    directory cache, platter;
    dir_change *dir_changes;
    size_t dir_change_count, dir_change_cap;
    fault faults[PX_FAKE_CALLS];
    int64_t capacity;
    uint64_t ops, crash_at, life;
    bool crashed, kill;
};

static void *must(void *ptr)
{
    px_assert(ptr);
    return ptr;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15)); /* SplitMix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static px_fakedisk *disk_of(px_env *env)
{
    return env->data;
}

/* --- images ----------------------------------------------------------------------------------- */

static void image_reserve(image *m, size_t size)
{
    size_t cap = m->cap ? m->cap : 4096;

    if (size <= m->cap)
        return;
    while (cap < size)
        cap *= 2;
    m->bytes = must(realloc(m->bytes, cap));
    memset(m->bytes + m->cap, 0, cap - m->cap);
    m->cap = cap;
}

static void image_resize(image *m, size_t size)
{
    image_reserve(m, size);
    if (size < m->size)
        memset(m->bytes + size, 0, m->size - size);
    m->size = size;
}

static void image_write(image *m, size_t offset, const uint8_t *bytes, size_t len)
{
    if (offset + len > m->size)
        image_resize(m, offset + len);
    if (len > 0)
        memcpy(m->bytes + offset, bytes, len);
}

static void image_copy(image *to, const image *from)
{
    image_resize(to, from->size);
    if (from->size > 0)
        memcpy(to->bytes, from->bytes, from->size);
}

/* --- inodes ----------------------------------------------------------------------------------- */

static void drop_changes(inode *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        free(f->changes[i].bytes);
    f->change_count = 0;
}

static change *add_change(inode *f)
{
    if (f->change_count == f->change_cap) {
        f->change_cap = f->change_cap ? f->change_cap * 2 : 16;
        f->changes = must(realloc(f->changes, f->change_cap * sizeof(*f->changes)));
    }
    f->changes[f->change_count] = (change){ 0 };
    return &f->changes[f->change_count++];
}

static void inode_write(inode *f, size_t offset, const uint8_t *bytes, size_t len)
{
    change *c = add_change(f);

    image_write(&f->cache, offset, bytes, len);
    c->offset = offset;
    c->len = len;
    c->bytes = must(malloc(len ? len : 1));
    memcpy(c->bytes, bytes, len);
    c->size_after = f->cache.size;
}

static void inode_truncate(inode *f, size_t size)
{
    change *c = add_change(f);

    image_resize(&f->cache, size);
    c->truncate = true;
    c->size_after = size;
}

static void inode_sync(inode *f)
{
    for (size_t i = 0; i < f->change_count; i++) {
        const change *c = &f->changes[i];

        if (c->truncate)
            image_resize(&f->platter, c->size_after);
        else
            image_write(&f->platter, c->offset, c->bytes, c->len);
    }
    drop_changes(f);
}

/* What of one change reaches one sector of the image. */
static void apply_to_sector(image *m, const change *c, size_t from)
{
    size_t to = from + SECTOR, begin = from, end = to;

    if (c->truncate) {
        if (c->size_after < to && from < m->cap) {
            begin = c->size_after > from ? c->size_after : from;
            memset(m->bytes + begin, 0, to - begin);
        }
        return;
    }
    if (c->offset >= to || c->offset + c->len <= from)
        return;
    begin = c->offset > from ? c->offset : from;
    end = c->offset + c->len < to ? c->offset + c->len : to;
    memcpy(m->bytes + begin, c->bytes + (begin - c->offset), end - begin);
}

/* Three kinds of crash: nothing unsynced arrived, all of it did, or each sector, in some crashes
 * each page, by itself. */
static void inode_crash(inode *f, uint64_t *random)
{
    size_t kind = next_random(random) % 4, n = f->change_count, most = f->platter.size;
    size_t size = f->platter.size, unit = next_random(random) % 2 ? SECTOR : PAGE, upto = 0;

    for (size_t i = 0; i < n; i++)
        most = f->changes[i].size_after > most ? f->changes[i].size_after : most;
    most = (most + SECTOR - 1) / SECTOR * SECTOR;
    image_reserve(&f->platter, most);
    for (size_t at = 0; at < most && n > 0; at += SECTOR) {
        if (at % unit == 0)
            upto = kind == 0 ? 0 : kind == 1 ? n : next_random(random) % (n + 1);
        for (size_t i = 0; i < upto; i++)
            apply_to_sector(&f->platter, &f->changes[i], at);
    }
    if (n > 0) {
        upto = kind == 0 ? 0 : kind == 1 ? n : next_random(random) % (n + 1);
        size = upto ? f->changes[upto - 1].size_after : size;
    }
    f->platter.size = most;
    image_resize(&f->platter, size);
    drop_changes(f);
    image_copy(&f->cache, &f->platter);
}

/* --- the directory ---------------------------------------------------------------------------- */

static entry *find_entry(directory *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->entries[i].name, name) == 0)
            return &d->entries[i];
    return NULL;
}

static void set_entry(directory *d, const char *name, inode *file)
{
    entry *e = find_entry(d, name);

    if (!file) {
        if (e)
            *e = d->entries[--d->count];
        return;
    }
    if (!e) {
        if (d->count == d->cap) {
            d->cap = d->cap ? d->cap * 2 : 8;
            d->entries = must(realloc(d->entries, d->cap * sizeof(*d->entries)));
        }
        e = &d->entries[d->count++];
        snprintf(e->name, sizeof(e->name), "%s", name);
    }
    e->file = file;
}

static void change_dir(px_fakedisk *d, const char *name, inode *file)
{
    if (d->dir_change_count == d->dir_change_cap) {
        d->dir_change_cap = d->dir_change_cap ? d->dir_change_cap * 2 : 8;
        d->dir_changes = must(realloc(d->dir_changes, d->dir_change_cap * sizeof(dir_change)));
    }
    dir_change *c = &d->dir_changes[d->dir_change_count++];

    snprintf(c->name, sizeof(c->name), "%s", name);
    c->file = file;
    set_entry(&d->cache, name, file);
}

static void carry_dir(px_fakedisk *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set_entry(&d->platter, d->dir_changes[i].name, d->dir_changes[i].file);
    d->dir_change_count = 0;
}

static inode *find_file(px_fakedisk *d, const char *path)
{
    entry *e = find_entry(&d->cache, path);

    return e ? e->file : NULL;
}

static inode *make_file(px_fakedisk *d)
{
    inode *f = must(calloc(1, sizeof(*f)));

    f->next = d->inodes;
    d->inodes = f;
    return f;
}

/* --- operations and faults -------------------------------------------------------------------- */

/* Every call: false when the machine has no power. */
static bool is_on(const px_fakedisk *d)
{
    return !d->crashed;
}

/* Counts one operation; true when it is the last before the power goes. */
static bool is_last(px_fakedisk *d)
{
    bool last = d->ops++ >= d->crash_at;

    d->crashed = d->crashed || last;
    return last;
}

static px_status meet_fault(px_fakedisk *d, px_fake_call call)
{
    fault *f = &d->faults[call];

    if (f->left == 0 || (f->left > 1 && f->left--))
        return PX_OK;
    f->met = true;
    if (!f->forever)
        f->left = 0;
    return f->status;
}

/* --- px_env ----------------------------------------------------------------------------------- */

static px_time env_now(px_env *env)
{
    return disk_of(env)->now;
}

static int64_t env_monotonic(px_env *env)
{
    return disk_of(env)->monotonic;
}

static void env_random(px_env *env, void *ret_bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)ret_bytes)[i] = (uint8_t)next_random(&disk_of(env)->random);
}

static void env_sleep(px_env *env, int64_t duration_ns)
{
    px_fakedisk_advance(disk_of(env), duration_ns);
}

static px_status env_open(px_env *env, const char *path, int flags, px_file **ret_file,
                          px_err *ret_err)
{
    px_fakedisk *d = disk_of(env);
    inode *f = find_file(d, path);

    if (!is_on(d))
        return px_fail(ret_err, PX_IO, "cannot open %s: the machine has no power", path);
    if (!f && !(flags & PX_OPEN_CREATE))
        return px_fail(ret_err, PX_NOT_FOUND, "cannot open %s: there is no such file", path);
    if (f && (flags & PX_OPEN_EXCLUSIVE))
        return px_fail(ret_err, PX_CONFLICT, "cannot open %s: it is there", path);
    if (!f) {
        px_assert(strlen(path) < NAME_MAX_BYTES);
        f = make_file(d);
        change_dir(d, path, f);
        if (is_last(d))
            return px_fail(ret_err, PX_IO, "cannot open %s: the power went", path);
    }
    px_file *file = must(calloc(1, sizeof(*file)));

    *file = (px_file){ f, flags & PX_OPEN_WRITE, d->life };
    *ret_file = file;
    return PX_OK;
}

static void env_close(px_env *env, px_file *file)
{
    if (file->life == disk_of(env)->life && file->file->locked_by == file)
        file->file->locked_by = NULL;
    free(file);
}

static bool is_usable(const px_fakedisk *d, const px_file *file)
{
    return is_on(d) && file->life == d->life;
}

static px_status env_read(px_env *env, px_file *file, void *ret_bytes, size_t size, int64_t offset,
                          size_t *ret_size)
{
    px_fakedisk *d = disk_of(env);
    const image *m = &file->file->cache;
    size_t at = (size_t)offset, n;

    if (!is_usable(d, file))
        return PX_IO;
    PX_TRY(meet_fault(d, PX_FAKE_READ));
    n = at >= m->size ? 0 : m->size - at < size ? m->size - at : size;
    if (n > 0)
        memcpy(ret_bytes, m->bytes + at, n);
    *ret_size = n;
    return PX_OK;
}

/* How much of a write fits: growing a file takes room, overwriting does not. */
static size_t fitting(const px_fakedisk *d, const inode *f, size_t offset, size_t size)
{
    size_t grows = offset + size > f->cache.size ? offset + size - f->cache.size : 0;
    int64_t room = d->capacity == INT64_MAX ? INT64_MAX : d->capacity - px_fakedisk_used(d);

    if ((int64_t)grows <= room)
        return size;
    room = room > 0 ? room : 0;
    return size > grows - (size_t)room ? size - (grows - (size_t)room) : 0;
}

/* A write for which space ends in the middle. It ends where a sector does: less of one than was
 * asked for is never written, for the sector that is begun is there whole. */
static size_t half(size_t at, size_t size)
{
    size_t end = (at + size / 2) / SECTOR * SECTOR;

    return end > at ? end - at : 0;
}

static px_status env_write(px_env *env, px_file *file, const void *bytes, size_t size,
                           int64_t offset)
{
    px_fakedisk *d = disk_of(env);
    size_t at = (size_t)offset, fits;
    px_status status;

    if (!is_usable(d, file))
        return PX_IO;
    px_assert(file->writable);
    status = meet_fault(d, PX_FAKE_WRITE);
    if (status != PX_OK && status != PX_FULL)
        return status;
    fits = status == PX_FULL ? half(at, size) : fitting(d, file->file, at, size);
    if (fits > 0)
        inode_write(file->file, at, bytes, fits);
    if (is_last(d))
        return PX_IO;
    return fits < size || status == PX_FULL ? PX_FULL : PX_OK;
}

static px_status env_truncate(px_env *env, px_file *file, int64_t size)
{
    px_fakedisk *d = disk_of(env);

    if (!is_usable(d, file))
        return PX_IO;
    inode_truncate(file->file, (size_t)size);
    return is_last(d) ? PX_IO : PX_OK;
}

static px_status env_sync(px_env *env, px_file *file)
{
    px_fakedisk *d = disk_of(env);
    px_status status;

    if (!is_usable(d, file))
        return PX_IO;
    px_fakedisk_advance(d, d->sync_ns);
    if (is_last(d))
        return PX_IO;
    status = meet_fault(d, PX_FAKE_SYNC);
    if (status == PX_OK)
        inode_sync(file->file);
    return status;
}

static px_status env_size(px_env *env, px_file *file, int64_t *ret_size)
{
    if (!is_usable(disk_of(env), file))
        return PX_IO;
    *ret_size = (int64_t)file->file->cache.size;
    return PX_OK;
}

static px_status env_remove(px_env *env, const char *path)
{
    px_fakedisk *d = disk_of(env);

    if (!is_on(d))
        return PX_IO;
    if (find_file(d, path))
        change_dir(d, path, NULL);
    return is_last(d) ? PX_IO : PX_OK;
}

/* A crash may leave both names, and never none. */
static px_status env_rename(px_env *env, const char *from, const char *to)
{
    px_fakedisk *d = disk_of(env);
    inode *f = find_file(d, from);

    if (!is_on(d))
        return PX_IO;
    if (!f)
        return PX_NOT_FOUND;
    change_dir(d, to, f);
    change_dir(d, from, NULL);
    return is_last(d) ? PX_IO : PX_OK;
}

static px_status env_exists(px_env *env, const char *path, bool *ret_exists)
{
    if (!is_on(disk_of(env)))
        return PX_IO;
    *ret_exists = find_file(disk_of(env), path) != NULL;
    return PX_OK;
}

static px_status env_sync_dir(px_env *env, const char *path)
{
    px_fakedisk *d = disk_of(env);
    px_status status;

    (void)path;
    if (!is_on(d))
        return PX_IO;
    if (is_last(d))
        return PX_IO;
    status = meet_fault(d, PX_FAKE_SYNC);
    if (status == PX_OK)
        carry_dir(d, d->dir_change_count);
    return status;
}

static px_status env_lock(px_env *env, px_file *file)
{
    if (!is_usable(disk_of(env), file))
        return PX_IO;
    if (file->file->locked_by && file->file->locked_by != file)
        return PX_BUSY;
    file->file->locked_by = file;
    return PX_OK;
}

static int64_t env_free_bytes(px_env *env, const char *path)
{
    px_fakedisk *d = disk_of(env);

    (void)path;
    return d->capacity == INT64_MAX ? INT64_MAX : d->capacity - px_fakedisk_used(d);
}

/* --- what a test calls ------------------------------------------------------------------------ */

px_fakedisk *px_fakedisk_new(uint64_t seed)
{
    px_fakedisk *d = must(calloc(1, sizeof(*d)));

    d->env = (px_env){
        .now = env_now,
        .monotonic_ns = env_monotonic,
        .random = env_random,
        .sleep_ns = env_sleep,
        .open = env_open,
        .close = env_close,
        .read = env_read,
        .write = env_write,
        .truncate = env_truncate,
        .sync = env_sync,
        .size = env_size,
        .remove = env_remove,
        .rename = env_rename,
        .exists = env_exists,
        .sync_dir = env_sync_dir,
        .lock = env_lock,
        .free_bytes = env_free_bytes,
        .data = d,
    };
    d->random = seed;
    d->crash_random = seed ^ UINT64_C(0x5DEECE66D);
    d->now = INT64_C(1800000000) * PX_SECOND;
    d->monotonic = PX_SECOND;
    d->capacity = INT64_MAX;
    d->crash_at = UINT64_MAX;
    return d;
}

void px_fakedisk_free(px_fakedisk *disk)
{
    for (inode *f = disk->inodes, *next; f; f = next) {
        next = f->next;
        drop_changes(f);
        free(f->changes);
        free(f->cache.bytes);
        free(f->platter.bytes);
        free(f);
    }
    free(disk->cache.entries);
    free(disk->platter.entries);
    free(disk->dir_changes);
    free(disk);
}

px_env *px_fakedisk_env(px_fakedisk *disk)
{
    return &disk->env;
}

void px_fakedisk_advance(px_fakedisk *disk, int64_t duration_ns)
{
    disk->now += duration_ns;
    disk->monotonic += duration_ns;
}

void px_fakedisk_jump(px_fakedisk *disk, int64_t duration_ns)
{
    disk->now += duration_ns;
}

void px_fakedisk_sync_ns(px_fakedisk *disk, int64_t duration_ns)
{
    disk->sync_ns = duration_ns;
}

void px_fakedisk_fail(px_fakedisk *disk, px_fake_call call, uint64_t nth, px_status status,
                      bool forever)
{
    disk->faults[call] = (fault){ nth, status, forever, false };
}

bool px_fakedisk_failed(const px_fakedisk *disk)
{
    for (int i = 0; i < PX_FAKE_CALLS; i++)
        if (disk->faults[i].met)
            return true;
    return false;
}

void px_fakedisk_capacity(px_fakedisk *disk, int64_t bytes)
{
    disk->capacity = bytes;
}

int64_t px_fakedisk_used(const px_fakedisk *disk)
{
    int64_t used = 0;

    for (size_t i = 0; i < disk->cache.count; i++)
        used += (int64_t)disk->cache.entries[i].file->cache.size;
    return used;
}

uint64_t px_fakedisk_ops(const px_fakedisk *disk)
{
    return disk->ops;
}

void px_fakedisk_crash_at(px_fakedisk *disk, uint64_t op_index)
{
    disk->crash_at = op_index;
}

void px_fakedisk_crash(px_fakedisk *disk)
{
    disk->crashed = true;
}

void px_fakedisk_crash_is_kill(px_fakedisk *disk, bool kill)
{
    disk->kill = kill;
}

bool px_fakedisk_crashed(const px_fakedisk *disk)
{
    return disk->crashed;
}

void px_fakedisk_restart(px_fakedisk *disk)
{
    if (disk->crashed && !disk->kill) {
        uint64_t kept = next_random(&disk->crash_random) % (disk->dir_change_count + 1);

        carry_dir(disk, (size_t)kept);
        for (inode *f = disk->inodes; f; f = f->next)
            inode_crash(f, &disk->crash_random);
        disk->cache.count = 0;
        for (size_t i = 0; i < disk->platter.count; i++)
            set_entry(&disk->cache, disk->platter.entries[i].name, disk->platter.entries[i].file);
    }
    for (inode *f = disk->inodes; f; f = f->next)
        f->locked_by = NULL;
    disk->life++;
    disk->crashed = disk->kill = false;
    disk->crash_at = UINT64_MAX;
    memset(disk->faults, 0, sizeof(disk->faults));
}

px_str px_fakedisk_bytes(px_fakedisk *disk, const char *path)
{
    inode *f = find_file(disk, path);

    return f ? px_str_of(f->cache.bytes ? (const char *)f->cache.bytes : "", f->cache.size)
             : px_str_of(NULL, 0);
}

void px_fakedisk_flip(px_fakedisk *disk, const char *path, size_t byte, unsigned bit)
{
    inode *f = find_file(disk, path);

    px_assert(f && byte < f->cache.size);
    f->cache.bytes[byte] ^= (uint8_t)(1u << bit);
    if (byte < f->platter.size)
        f->platter.bytes[byte] ^= (uint8_t)(1u << bit);
}

void px_fakedisk_copy(px_fakedisk *disk, const char *from, const char *to)
{
    inode *source = find_file(disk, from), *copy = make_file(disk);

    px_assert(source);
    image_copy(&copy->cache, &source->cache);
    image_copy(&copy->platter, &source->cache);
    set_entry(&disk->cache, to, copy);
    set_entry(&disk->platter, to, copy);
}
