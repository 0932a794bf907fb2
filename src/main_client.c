/* SPDX-License-Identifier: Apache-2.0 */
/* The program without a server in it: what is built until the server's room exists. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return px_cli_main(argc, (const char *const *)argv, px_cli_groups(), NULL);
}
