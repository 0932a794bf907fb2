/* SPDX-License-Identifier: Apache-2.0 */
/**
 * `--azure-limits`: what the public Azure Digital Twins service refuses and this server need not,
 * for programs that will meet it later. The engine keeps the counts (engine/quota.h); here is what
 * one request shows. docs/azure.md lists both. Room-internal. Threads: any.
 */
#ifndef PX_API_AZURE_H
#define PX_API_AZURE_H

#include "api/api.h"

enum {
    PX_AZURE_MODELS_PER_CALL_MAX = 250,
    PX_AZURE_MODELS_PER_PAGE_MAX = 100,
    PX_AZURE_MODEL_BYTES_MAX = 1024 * 1024,
    PX_AZURE_BODY_BYTES_MAX = 32 * 1024, /* of a twin's or relationship's PUT or PATCH */
    PX_AZURE_QUERY_CHARS_MAX = 8000,
    PX_AZURE_QUERY_TERMS_MAX = 50, /* AND and OR */
    PX_AZURE_QUERY_LIST_MAX = 50,  /* members of an IN list */
    PX_AZURE_QUERY_JOINS_MAX = 5,
    PX_AZURE_QUERY_HOPS_MAX = 10,
};

/* A request of the data plane whose body was read. Errors: PX_INVALID or PX_TOO_LARGE, ids
 * azure.* and query.azure. */
PX_NODISCARD px_status px_azure_check(px_api_call *call, px_err *ret_err);
/* One model with its text, of an upload or of an import job. */
PX_NODISCARD px_status px_azure_model_check(const px_json *model, px_str text, px_err *ret_err);
/* The text of a query; what does not parse is left to the parser. One pass. */
PX_NODISCARD px_status px_azure_query_check(px_str text, px_err *ret_err);

#endif
