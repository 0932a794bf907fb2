/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One stream of changes as Server-Sent Events: what waits to be sent, and what was conflated.
 *
 *     id: 4711
 *     event: change
 *     data: {"twin":"press-1","time":…,"values":{…}}
 *
 * At most PX_STREAM_QUEUE_BYTES_MAX wait. While the watcher is slower its changes are conflated: of
 * each changed twin the newest state is sent once there is room again, of each deleted one that it
 * was deleted, and what was left out is counted. The id of an event is a position that is safe to
 * resume behind: nothing at or below it is still due. Everything here under the watch's lock.
 * Room-internal.
 */
#ifndef PX_API_STREAM_H
#define PX_API_STREAM_H

#include "api/watch.h"

typedef enum px_stream_state {
    PX_STREAM_NEW,      /* nobody reads it yet */
    PX_STREAM_CATCHING, /* on its way from `after` to where the thread is */
    PX_STREAM_LIVE,
} px_stream_state;

typedef struct px_stream {
    px_api_stream face; /* first: the door's handle */
    struct px_stream *next;
    px_watch *watch;
    px_api *api;
    px_stream_state state;
    uint32_t tenant;
    char credential[80]; /* looked at again every second */
    char session[64];    /* of the console; "" when a token came */
    px_arena arena;
    px_str *twins; /* ids wanted; none: all */
    size_t twin_count;
    px_map wanted;   /* hash of an id to its index in `twins` */
    uint64_t after;  /* what is at or below was sent before, or is not wanted */
    px_feed *feed;   /* the thread's, while catching up */
    uint64_t round;  /* the thread's, likewise */
    bool ended;      /* once the queue is empty */
    bool lost;       /* a change that no state tells did not fit: the watcher reads again */
    bool busy, gone; /* the thread works on it without the lock; the door let it go meanwhile */

    px_buf queue;
    size_t sent;       /* of the queue */
    uint64_t safe_seq; /* id of the newest event queued in order */
    uint64_t seen_seq; /* the newest offered */
    px_map dirty;      /* numbers of conflated twins */
    px_map ahead;      /* twin number to an index in ahead_seqs: states that were sent newer than */
    uint64_t ahead_max; /* what was offered; the highest of them */
    PX_VEC(uint32_t) dirty_nos;
    px_buf
        deletions; /* deletions that were conflated, each as its length in 4 bytes and its data */
    size_t deletions_sent;
    PX_VEC(uint64_t) ahead_seqs;
    px_watch_stats *stats;
} px_stream;

/* `twins` is the parameter as it came. Gives NULL and answers the call when it cannot be. */
px_stream *px_stream_new(px_api_call *call, px_str twins, uint64_t after);
void px_stream_free(px_stream *stream);

bool px_stream_wants(const px_stream *stream, px_str twin_id);
/* `data` is the change as JSON. */
void px_stream_offer(px_stream *stream, const px_event *event, px_str data);
typedef enum px_gap {
    PX_GAP_TRIMMED, /* what the watcher missed is no longer in the journal */
    PX_GAP_FUTURE, /* it names a position that this data never had: it was restored, or is another's
                    */
} px_gap;
/* The watcher must read the state again. */
void px_stream_gap(px_stream *stream, uint64_t position, px_gap why);
/* A comment, so that both sides notice a dead connection, and the position that a quiet stream has
 * come to, so that it does not resume far back. */
void px_stream_beat(px_stream *stream, uint64_t position);
void px_stream_end(px_stream *stream);
/* Up to `size` bytes; 0: nothing now; -1: the end. */
ptrdiff_t px_stream_take(px_stream *stream, char *ret_bytes, size_t size);
size_t px_stream_waiting(const px_stream *stream);

#endif
