/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest connection of each client id that has a session of the journal. Who comes after it
 * says so on its gate before its own OPEN goes to the engine, so that no message of QoS 2 is taken
 * behind that OPEN: the session that goes on would not know its packet id, and it would come twice.
 *
 * Their order is that of the OPENs, for these are handed over under the lock. A client id is known
 * by a hash under a secret seed: two that had the same would end each other's connection, no more.
 */
#include "broker/internal.h"

/* SIZE_MAX: nobody has it. */
static size_t find(const px_newest *newest, uint64_t name)
{
    size_t at = px_map_first(&newest->by_name, name);

    return at == PX_MAP_END ? SIZE_MAX : newest->by_name.values[at];
}

static size_t find_or_make(px_newest *newest, uint64_t name)
{
    size_t at = find(newest, name);
    uint32_t slot = (uint32_t)newest->gates.len;

    if (at != SIZE_MAX)
        return at;
    if (!px_map_reserve(&newest->by_name, 1) ||
        !PX_VEC_RESERVE(&newest->free, newest->gates.len + 1))
        return SIZE_MAX;
    if (newest->free.len > 0)
        slot = newest->free.ptr[--newest->free.len];
    else if (!PX_VEC_PUSH(&newest->gates, NULL))
        return SIZE_MAX;
    (void)px_map_add(&newest->by_name, name, slot);
    newest->gates.ptr[slot] = NULL;
    return slot;
}

static void forget(px_newest *newest, uint64_t name, size_t slot)
{
    (void)px_map_remove(&newest->by_name, name, (uint32_t)slot);
    newest->gates.ptr[slot] = NULL;
    (void)PX_VEC_PUSH(&newest->free, (uint32_t)slot); /* reserved */
}

uint64_t pxi_newest_name(const px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id)
{
    uint64_t seed = b->boot ^ ((uint64_t)tenant << 32 | scope) * UINT64_C(0x9E3779B97F4A7C15);

    return px_str_hash_seeded(client_id, seed);
}

px_status pxi_newest_open(px_broker *b, px_broker_client *client, px_job *job, px_err *ret_err)
{
    px_newest *newest = &b->newest;
    px_broker_gate *older = NULL;
    px_status status;
    size_t slot;

    pthread_mutex_lock(&newest->lock);
    slot = find_or_make(newest, client->name);
    if (slot == SIZE_MAX) {
        pthread_mutex_unlock(&newest->lock);
        return px_no_memory(ret_err);
    }
    older = newest->gates.ptr[slot];
    if (older)
        atomic_store(&older->is_superseded, true);
    status = pxi_job_send(job, ret_err);
    if (status == PX_OK)
        newest->gates.ptr[slot] = client->gate;
    else if (older)
        atomic_store(&older->is_superseded, false); /* it goes on, and no OPEN stands before it */
    else
        forget(newest, client->name, slot);
    pthread_mutex_unlock(&newest->lock);
    return status;
}

void pxi_newest_close(px_broker *b, const px_broker_client *client)
{
    px_newest *newest = &b->newest;
    size_t slot;

    pthread_mutex_lock(&newest->lock);
    slot = find(newest, client->name);
    if (slot != SIZE_MAX && newest->gates.ptr[slot] == client->gate)
        forget(newest, client->name, slot);
    pthread_mutex_unlock(&newest->lock);
}

void pxi_newest_release(px_newest *newest)
{
    px_map_release(&newest->by_name);
    PX_VEC_RELEASE(&newest->gates);
    PX_VEC_RELEASE(&newest->free);
    pthread_mutex_destroy(&newest->lock);
}
