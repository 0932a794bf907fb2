/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Modbus device over TCP: polled in time, one request under way.
 *
 *     write what is wished ─► read block after block ─► one row, {"name":value,…} ─► bindings
 *
 * A refusal of the device costs the values of its block; nonsense and silence cost the connection,
 * because nobody can tell where the next answer begins. The row of a poll goes through bindings
 * like a message of a broker. Polls keep their period: the time of the next one does not depend on
 * how long this one took, and those that it took the time of are left out and counted.
 */
#include "outbound/link_modbus.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/limits.h"

enum { POLL_ARENA_BYTES_MAX = 1024 * 1024, PLAN_ARENA_BYTES_MAX = 256 * 1024, HEX_BYTES_MAX = 64 };

bool pxi_device_goes_on(px_status status)
{
    return status == PX_OK || status == PX_DENIED || status == PX_BUSY;
}

static int64_t now_ns(const pxi_device *d)
{
    return d->link->owner->env->monotonic_ns(d->link->owner->env);
}

/* ---- the socket ---- */

/* Until it can be read or written, or the time is over. */
static px_status wait_for(pxi_device *d, short events, int64_t until, px_err *ret_err)
{
    struct pollfd polls[2] = { { .fd = d->link->wake_fd, .events = POLLIN },
                               { .fd = d->fd, .events = events } };
    int64_t left;

    while ((left = until - now_ns(d)) > 0) {
        int got = poll(polls, 2, (int)((left + PX_MILLISECOND - 1) / PX_MILLISECOND));

        if (atomic_load(&d->link->stopping))
            return px_fail(ret_err, PX_INTERRUPTED, "the connection ends");
        if (got > 0 && polls[1].revents)
            return PX_OK;
        if (got < 0 && errno != EINTR)
            return px_fail(ret_err, PX_IO, "poll: %s", strerror(errno));
    }
    return PX_TIMEOUT;
}

static px_status open_socket(pxi_device *d, const pxi_address *address, px_err *ret_err)
{
    int error = 0;
    socklen_t len = sizeof(error);
    px_status status;

    d->fd = socket(address->bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0)
        return pxi_link_unreachable(d->link, errno, ret_err);
    if (connect(d->fd, (const struct sockaddr *)&address->bytes, address->len) == 0)
        return PX_OK;
    if (errno != EINPROGRESS)
        return pxi_link_unreachable(d->link, errno, ret_err);
    status = wait_for(d, POLLOUT, now_ns(d) + d->link->config.timeout_ns, ret_err);
    if (status == PX_TIMEOUT)
        return pxi_link_unreachable(d->link, ETIMEDOUT, ret_err);
    PX_TRY(status);
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    return error ? pxi_link_unreachable(d->link, error, ret_err) : PX_OK;
}

static px_status connect_device(pxi_device *d, px_err *ret_err)
{
    pxi_address addresses[PXI_ADDRESSES_MAX];
    size_t count = 0;

    PX_TRY(pxi_resolve(d->link, addresses, &count, ret_err));
    return open_socket(d, &addresses[d->link->address_at++ % count], ret_err);
}

/* ---- one exchange ---- */

static px_status lost(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_UNREACHABLE, "connection.lost",
                      "the device ended the connection");
}

static px_status silent(const pxi_device *d, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_UNREACHABLE, "modbus.silent",
                      "the device did not answer within %lld ms",
                      (long long)(d->link->config.timeout_ns / PX_MILLISECOND));
}

/* A frame is small: it goes out whole, or the device has not taken what came before. */
static px_status send_frame(pxi_device *d, const uint8_t *frame, size_t size, px_err *ret_err)
{
    uint8_t unasked;
    ssize_t got = recv(d->fd, &unasked, 1, MSG_DONTWAIT | MSG_PEEK);

    if (got == 0)
        return lost(ret_err);
    if (got > 0)
        return px_fail_id(ret_err, PX_INVALID, "modbus.unasked",
                          "the device sent something that was not asked for");
    got = send(d->fd, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return got == (ssize_t)size ? PX_OK : lost(ret_err);
}

/* Reads until the answer is whole, and not a byte of what may stand behind it. */
static px_status receive(pxi_device *d, int64_t until, px_err *ret_err)
{
    size_t wanted = 0;

    d->answered = 0;
    while (wanted == 0 || d->answered < wanted) {
        size_t most = wanted ? wanted : PX_MODBUS_HEADER_BYTES - 1;
        px_status status = wait_for(d, POLLIN, until, ret_err);
        ssize_t got;

        if (status == PX_TIMEOUT)
            return silent(d, ret_err);
        PX_TRY(status);
        got = recv(d->fd, d->answer + d->answered, most - d->answered, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got <= 0)
            return lost(ret_err);
        d->answered += (size_t)got;
        PX_TRY(px_modbus_answer_size(d->answer, d->answered, &wanted, ret_err));
    }
    return PX_OK;
}

/* What came, in hexadecimal digits, for whoever has to tell the device's maker. */
static void keep_reject(pxi_device *d, const px_err *err)
{
    px_buf hex = { 0 };
    px_rejected rejected = { .tenant = d->link->config.tenant,
                             .time = px_engine_now(d->link->owner->opts.engine),
                             .sender = d->link->config.name,
                             .reason_id = px_str_c(err->id),
                             .reason = px_str_c(err->text) };

    for (size_t i = 0; i < d->answered && i < HEX_BYTES_MAX; i++)
        px_putf(&hex, "%02x", (unsigned)d->answer[i]);
    rejected.payload = px_buf_str(&hex);
    px_rejects_add(d->link->owner->opts.rejects, &rejected);
    px_buf_release(&hex);
}

/* Counts what a device says that is no value. `told`: whether it was told before. */
static void count_fault(pxi_device *d, const px_err *err, bool *told)
{
    PXI_COUNT(d->link, faults, 1);
    pxi_link_note(d->link, err, !*told);
    if (!*told)
        keep_reject(d, err);
    *told = true;
}

static px_status exchange(pxi_device *d, px_modbus_request *request, const uint8_t **ret_data,
                          px_err *ret_err)
{
    uint8_t frame[PX_MODBUS_FRAME_BYTES_MAX];
    int64_t until = now_ns(d) + d->link->config.timeout_ns;

    request->transaction = ++d->transaction;
    request->unit = d->link->config.unit;
    d->answered = 0;
    PX_TRY(send_frame(d, frame, px_modbus_request_put(request, frame), ret_err));
    PX_TRY(receive(d, until, ret_err));
    return px_modbus_answer_read(request, d->answer, d->answered, ret_data, ret_err);
}

px_status pxi_device_exchange(pxi_device *d, px_modbus_request *request, bool *told,
                              const uint8_t **ret_data, px_err *ret_err)
{
    px_status status = exchange(d, request, ret_data, ret_err);

    if (pxi_device_goes_on(status) && !d->is_up) {
        d->is_up = true;
        pxi_link_up(d->link);
    }
    if (status == PX_OK)
        *told = false;
    if (status == PX_DENIED || status == PX_BUSY)
        count_fault(d, ret_err, told);
    if (status == PX_INVALID) { /* the connection ends of it, and tells */
        PXI_COUNT(d->link, faults, 1);
        keep_reject(d, ret_err);
    }
    return status;
}

/* ---- polls ---- */

static px_status put_values(pxi_device *d, const px_modbus_block *block, const uint8_t *data,
                            px_json_writer *w, px_err *ret_err)
{
    for (size_t i = 0; i < block->registers; i++) {
        const px_modbus_register *r = d->registers[block->first + i];
        bool *told = &d->registers_told[r - d->link->config.registers];
        px_err err, whole;
        px_value value;
        px_status status = px_modbus_value_get(r, data, block->address, &d->arena, &value, &err);

        if (status == PX_NO_MEMORY || status == PX_LIMIT)
            return px_fail(ret_err, status, "%s", err.text);
        if (status != PX_OK) {
            px_fail_id(&whole, status, err.id, "register '%.*s': %s", PX_FMT(r->name), err.text);
            count_fault(d, &whole, told);
            continue;
        }
        *told = false;
        px_json_key(w, r->name);
        px_json_value(w, value);
    }
    return PX_OK;
}

static px_status read_blocks(pxi_device *d, px_json_writer *w, px_err *ret_err)
{
    for (size_t i = 0; i < d->block_count; i++) {
        const px_modbus_block *block = &d->blocks[i];
        px_modbus_request request = { .table = block->table,
                                      .address = block->address,
                                      .count = block->count };
        const uint8_t *data = NULL;
        px_status status = pxi_device_exchange(d, &request, &d->blocks_told[i], &data, ret_err);

        if (!pxi_device_goes_on(status))
            return status;
        if (status == PX_OK)
            PX_TRY(put_values(d, block, data, w, ret_err));
    }
    return PX_OK;
}

/* What the engine cannot take now is over: the next poll has newer values. */
static px_status hand_on(pxi_device *d, px_str row, px_time read_at, px_err *ret_err)
{
    px_err err = { 0 };
    px_status status = pxi_take_message(d->link, (px_str){ 0 }, row, read_at, &err);

    if (status == PX_OK)
        status = pxi_take_settle(d->link, &err);
    if (status == PX_INTERRUPTED)
        return px_fail(ret_err, status, "the server ends");
    if (status != PX_OK) {
        PXI_COUNT(d->link, rejected, 1);
        pxi_link_note(d->link, &err, !d->refusal_told);
    }
    d->refusal_told = status != PX_OK;
    return PX_OK;
}

static px_status poll_once(pxi_device *d, px_err *ret_err)
{
    px_buf row = { 0 };
    px_json_writer w = px_json_writer_of(&row);
    px_time begun = px_engine_now(d->link->owner->opts.engine);
    px_status status;

    begun -= begun % PX_MILLISECOND; /* no clock of a device is better, and history is smaller */
    px_arena_reset(&d->arena);
    px_json_begin_object(&w);
    status = read_blocks(d, &w, ret_err);
    px_json_end_object(&w);
    if (status == PX_OK)
        status = px_buf_status(&row, ret_err);
    if (status == PX_OK) {
        PXI_COUNT(d->link, polls, 1);
        if (row.len > sizeof("{}") - 1)
            status = hand_on(d, px_buf_str(&row), begun, ret_err);
    }
    px_buf_release(&row);
    return status;
}

/* The next time of a poll behind `at`, those left out that are over already. */
static int64_t next_after(pxi_device *d, int64_t at)
{
    int64_t every = d->link->config.every_ns, late = now_ns(d) - (at + every);

    if (late <= 0)
        return at + every;
    if (late / every > 0)
        PXI_COUNT(d->link, skipped, (uint64_t)(late / every));
    return at + every + late / every * every;
}

/* Of all that is told once until it is good again. */
static bool is_all_good(const pxi_device *d)
{
    bool is_bad = d->refusal_told;

    for (size_t i = 0; i < d->block_count; i++)
        is_bad |= d->blocks_told[i];
    for (size_t i = 0; i < d->link->config.register_count; i++)
        is_bad |= d->registers_told[i] || d->writes_told[i];
    return !is_bad;
}

static px_status poll_on(pxi_device *d, px_err *ret_err)
{
    int64_t at = now_ns(d);

    for (;;) {
        int64_t left;

        PX_TRY(pxi_device_write_back(d, ret_err));
        PX_TRY(poll_once(d, ret_err));
        if (is_all_good(d))
            pxi_link_all_good(d->link);
        at = next_after(d, at);
        left = at - now_ns(d);
        if (!pxi_link_pause(d->link, left > 0 ? left : 0))
            return PX_INTERRUPTED;
    }
}

static px_status make_plan(pxi_device *d, px_err *ret_err)
{
    const px_connection *c = &d->link->config;

    PX_TRY(px_modbus_blocks_make(c->registers, c->register_count, c->gap, &d->plan, &d->registers,
                                 &d->blocks, &d->block_count, ret_err));
    d->blocks_told = PX_ARENA_ARRAY(&d->plan, bool, d->block_count);
    d->registers_told = PX_ARENA_ARRAY(&d->plan, bool, c->register_count);
    d->writes_told = PX_ARENA_ARRAY(&d->plan, bool, c->register_count);
    return d->blocks_told && d->registers_told && d->writes_told ? PX_OK
                                                                 : px_arena_fail(&d->plan, ret_err);
}

px_status pxi_link_modbus(pxi_link *link, px_err *ret_err)
{
    pxi_device d = { .link = link, .fd = -1 };
    px_status status;

    px_arena_init(&d.arena, POLL_ARENA_BYTES_MAX);
    px_arena_init(&d.plan, PLAN_ARENA_BYTES_MAX);
    status = make_plan(&d, ret_err);
    if (status == PX_OK)
        status = connect_device(&d, ret_err);
    if (status == PX_OK)
        status = poll_on(&d, ret_err);
    if (d.fd >= 0)
        close(d.fd);
    px_arena_release(&d.arena);
    px_arena_release(&d.plan);
    return status;
}
