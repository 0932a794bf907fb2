/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/interrupt.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    (void)number;
    seen = 1;
}

void px_interrupt_install(void)
{
    /* SA_RESETHAND: the second Ctrl-C finds the default and ends the process. */
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool px_interrupted(void)
{
    return seen != 0;
}

px_status px_interrupt_fail(px_err *ret_err)
{
    return px_fail(ret_err, PX_INTERRUPTED, "stopped by the user");
}

px_status px_interrupt_sleep_ms(unsigned milliseconds, px_err *ret_err)
{
    struct timespec rest = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 };

    while (!px_interrupted() && nanosleep(&rest, &rest) != 0)
        continue;
    return px_interrupted() ? px_interrupt_fail(ret_err) : PX_OK;
}
