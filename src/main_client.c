/* SPDX-License-Identifier: Apache-2.0 */
/* The program without a server in it: what is built until the server's room exists. */
#include "cli/cli.h"
#include "cmd_plant.h"

enum { GROUPS_MAX = 32 };

int main(int argc, char **argv)
{
    const px_cmd *groups[GROUPS_MAX] = { NULL };
    size_t count = 0;
    const px_cmd *const *client = px_cli_groups();

    for (; client[count]; count++) {
        px_assert(count + 2 < GROUPS_MAX);
        groups[count] = client[count];
    }
    groups[count] = px_cmd_plant;
    return px_cli_main(argc, (const char *const *)argv, groups, NULL);
}
