/* SPDX-License-Identifier: Apache-2.0 */
#include "server/mqtt_names.h"

#include <pthread.h>

#include "base/map.h"
#include "base/vec.h"

typedef struct name_row {
    uint64_t scope;
    px_str client_id; /* owned; NULL in a free row, whose conn.v is the next free one */
    px_mqtt_conn conn;
} name_row;

struct px_mqtt_names {
    pthread_mutex_t lock; /* guards all that follows */
    PX_VEC(name_row) rows;
    px_map by_name;
    uint32_t free_row; /* PX_MAP_NONE: none */
};

px_mqtt_names *px_mqtt_names_new(void)
{
    px_mqtt_names *names = px_zalloc(1, sizeof(*names));

    if (!names)
        return NULL;
    pthread_mutex_init(&names->lock, NULL);
    names->free_row = PX_MAP_NONE;
    return names;
}

void px_mqtt_names_free(px_mqtt_names *names)
{
    if (!names)
        return;
    PX_VEC_EACH (&names->rows, row) {
        px_free((void *)(uintptr_t)row->client_id.ptr);
    }
    PX_VEC_RELEASE(&names->rows);
    px_map_release(&names->by_name);
    pthread_mutex_destroy(&names->lock);
    px_free(names);
}

static uint64_t key_of(uint64_t scope, px_str client_id)
{
    return px_str_hash(client_id) ^ (scope + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint32_t find(const px_mqtt_names *names, uint64_t key, uint64_t scope, px_str client_id)
{
    for (size_t at = px_map_first(&names->by_name, key); at != PX_MAP_END;
         at = px_map_next(&names->by_name, key, at)) {
        const name_row *row = &names->rows.ptr[names->by_name.values[at]];

        if (row->scope == scope && px_str_eq(row->client_id, client_id))
            return names->by_name.values[at];
    }
    return PX_MAP_NONE;
}

static uint32_t take_row(px_mqtt_names *names)
{
    uint32_t at = names->free_row;

    if (at != PX_MAP_NONE) {
        names->free_row = (uint32_t)names->rows.ptr[at].conn.v;
        return at;
    }
    if (!PX_VEC_PUSH(&names->rows, (name_row){ 0 }))
        return PX_MAP_NONE;
    return (uint32_t)(names->rows.len - 1);
}

static void give_row(px_mqtt_names *names, uint32_t at)
{
    names->rows.ptr[at] = (name_row){ .conn.v = names->free_row };
    names->free_row = at;
}

static px_status add(px_mqtt_names *names, uint64_t key, uint64_t scope, px_str client_id,
                     px_mqtt_conn conn)
{
    char *copy = px_alloc(client_id.len);
    uint32_t at = copy ? take_row(names) : PX_MAP_NONE;

    if (at != PX_MAP_NONE && !px_map_add(&names->by_name, key, at)) {
        give_row(names, at);
        at = PX_MAP_NONE;
    }
    if (at == PX_MAP_NONE) {
        px_free(copy);
        return PX_NO_MEMORY;
    }
    memcpy(copy, client_id.ptr, client_id.len);
    names->rows.ptr[at] = (name_row){ scope, px_str_of(copy, client_id.len), conn };
    return PX_OK;
}

px_status px_mqtt_names_claim(px_mqtt_names *names, uint64_t scope, px_str client_id,
                              px_mqtt_conn conn, px_mqtt_conn *ret_older)
{
    uint64_t key = key_of(scope, client_id);
    px_status status = PX_OK;
    uint32_t at;

    ret_older->v = 0;
    pthread_mutex_lock(&names->lock);
    at = find(names, key, scope, client_id);
    if (at != PX_MAP_NONE) {
        *ret_older = names->rows.ptr[at].conn;
        names->rows.ptr[at].conn = conn;
    } else {
        status = add(names, key, scope, client_id, conn);
    }
    pthread_mutex_unlock(&names->lock);
    return status;
}

void px_mqtt_names_release(px_mqtt_names *names, uint64_t scope, px_str client_id,
                           px_mqtt_conn conn)
{
    uint64_t key = key_of(scope, client_id);
    uint32_t at;

    pthread_mutex_lock(&names->lock);
    at = find(names, key, scope, client_id);
    if (at != PX_MAP_NONE && names->rows.ptr[at].conn.v == conn.v) {
        px_map_remove(&names->by_name, key, at);
        px_free((void *)(uintptr_t)names->rows.ptr[at].client_id.ptr);
        give_row(names, at);
    }
    pthread_mutex_unlock(&names->lock);
}
