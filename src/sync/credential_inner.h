/* SPDX-License-Identifier: Apache-2.0 */
/** What credential.c and credential_proof.c share. Room-internal. */
#ifndef PX_SYNC_CREDENTIAL_INNER_H
#define PX_SYNC_CREDENTIAL_INNER_H

#include "sync/credential.h"

enum { PX_HASH_CHARS = 64 };

void px_credential_hash(px_str secret, char ret_hex[PX_HASH_CHARS + 1]);
/* The parts of `plx_<id>_<secret>`. */
bool px_credential_split(px_str text, px_str *ret_id, px_str *ret_secret);
/* Ids of a certificate's document: by what it is, or by the name that it bears. */
void px_credential_certificate_id(px_str fingerprint, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1]);
void px_credential_subject_id(px_str name, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1]);

#endif
