/* SPDX-License-Identifier: Apache-2.0 */
#include "access/access.h"

enum { READER = 1 << PX_ROLE_READER, DEVICE = 1 << PX_ROLE_DEVICE, ADMIN = 1 << PX_ROLE_ADMIN };
/* What touches every tenant is for the first one's admin. */
enum { OF_ALL_TENANTS = 1 << 8 };
/* Not about a twin: what a device does for itself. */
enum { OF_NO_TWIN = 1 << 9 };

/* A device's rights hold for its own twins only. */
static const struct {
    const char *name;
    unsigned roles;
} rights[PX_ACTION_COUNT] = {
    [PX_ACTION_READ_MODEL] = { "read models", READER | ADMIN },
    [PX_ACTION_WRITE_MODEL] = { "write models", ADMIN },
    [PX_ACTION_READ_TWIN] = { "read this twin", READER | DEVICE | ADMIN },
    [PX_ACTION_WRITE_TWIN] = { "write twins", ADMIN },
    [PX_ACTION_REPORT] = { "report for this twin", DEVICE | ADMIN },
    [PX_ACTION_COMMAND] = { "command twins", ADMIN },
    [PX_ACTION_ANSWER] = { "answer commands of this twin", DEVICE | ADMIN },
    [PX_ACTION_RECEIVE] = { "receive for this twin", DEVICE | ADMIN },
    [PX_ACTION_READ_HISTORY] = { "read this history", READER | DEVICE | ADMIN },
    [PX_ACTION_QUERY] = { "query", READER | ADMIN },
    [PX_ACTION_WATCH] = { "watch", READER | ADMIN },
    [PX_ACTION_READ_DOCUMENT] = { "read documents", READER | ADMIN },
    [PX_ACTION_WRITE_DOCUMENT] = { "write documents", ADMIN },
    [PX_ACTION_BRANCH] = { "branch", ADMIN },
    [PX_ACTION_READ_SERVER] = { "read the server's own figures", READER | ADMIN },
    [PX_ACTION_WRITE_TENANT] = { "make tenants", ADMIN | OF_ALL_TENANTS },
    [PX_ACTION_CONNECT] = { "keep a session", READER | DEVICE | ADMIN | OF_NO_TWIN },
    [PX_ACTION_PUBLISH] = { "publish messages", DEVICE | ADMIN | OF_NO_TWIN },
    [PX_ACTION_BACKUP] = { "make backups", ADMIN | OF_ALL_TENANTS },
};

const char *px_role_name(px_role role)
{
    static const char *const names[] = { "nobody", "reader", "device", "admin" };

    return names[role];
}

static bool is_own_twin(const px_principal *principal, px_str twin_id)
{
    size_t low = 0, high = principal->twin_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = px_str_cmp(principal->twins[middle], twin_id);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

px_status px_authorize(const px_principal *principal, px_action action, px_str twin_id,
                       px_err *ret_err)
{
    if (!principal || principal->role == PX_ROLE_NONE)
        return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.nobody",
                          "no valid credential came with this; send a token or a device key");
    if (!(rights[action].roles & 1u << principal->role))
        return px_fail_id(ret_err, PX_DENIED, "access.role", "a %s may not %s",
                          px_role_name(principal->role), rights[action].name);
    if (principal->role == PX_ROLE_DEVICE && !(rights[action].roles & OF_NO_TWIN) &&
        !is_own_twin(principal, twin_id))
        return px_fail_id(
            ret_err, PX_DENIED, "access.twin",
            "device '%.*s' is not bound to twin '%.*s', if there is one; bind it with "
            "`pollux device bind %.*s --twin %.*s`",
            PX_FMT(principal->id), PX_FMT(twin_id), PX_FMT(principal->id), PX_FMT(twin_id));
    if ((rights[action].roles & OF_ALL_TENANTS) && !principal->operates_tenants)
        return px_fail_id(ret_err, PX_DENIED, "access.tenant",
                          "only the admin of the first tenant may %s", rights[action].name);
    return PX_OK;
}
