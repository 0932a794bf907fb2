/* SPDX-License-Identifier: Apache-2.0 */
/** What of a binding may be a slip, though it is taken. Room-internal. */
#ifndef PX_API_BINDING_NOTES_H
#define PX_API_BINDING_NOTES_H

#include "api/inner.h"

/* Writes `"notes":[…]`, a sentence each: a connection that is not there, or brings nothing of the
 * topic, a model to make twins of that is not there. Documents may come in any order, so these
 * refuse nothing. */
void px_api_put_binding_notes(px_api_call *call, px_json_writer *w, const px_document *document);

#endif
