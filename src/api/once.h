/* SPDX-License-Identifier: Apache-2.0 */
/**
 * `Idempotency-Key`: a request of /api/v1 that comes again is answered again, and changes nothing.
 *
 * Routes whose row lists the header keep it (engine/answers.h); all others that change something
 * refuse it, so that nobody leans on what is not there. A key belongs to the credential that sent
 * it and to one request: method, path, query and body. What was refused is not kept: it changed
 * nothing, and the key may be used again. Two answers are not told word for word: secrets, which
 * are told once, and bodies above PX_ANSWER_BYTES_MAX. Room-internal.
 */
#ifndef PX_API_ONCE_H
#define PX_API_ONCE_H

#include "api/api.h"

/* Before the handler. False: answered, from what is kept or because the key is wrong here. */
bool px_once_begin(px_api_call *call);
/* The call's next requests to the engine are not those that the key is for. */
void px_once_end(px_api_call *call);
/* Of a request that is handed to the engine; NULL without a key. */
const px_once *px_once_of(px_api_call *call);
/* After the engine's answer, on its thread: the request was done before. */
void px_once_replay(px_api_call *call);
/* After the engine's answer: what was rendered to be kept makes room for the answer itself. */
void px_once_forget_draft(px_api_call *call);
/* A request was refused before it came to the engine, perhaps because it was done just now: it
 * deletes what is no longer there. True: answered. */
bool px_once_was_done(px_api_call *call);

#endif
