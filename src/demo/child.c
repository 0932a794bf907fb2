/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper's thread forks, executes /proc/self/exe, and waits. The parent-death signal belongs to
 * the thread that forked, so it is this thread that stays until the end. A child that ends well is
 * not wanted any more; one that fails is started again after a second.
 */
#include "demo/child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/thread.h"

extern char **environ;

enum { ARGV_MAX = 32, ENV_MAX = 1024, ARENA_BYTES = 1 << 20, KILL_AFTER_MS = 2000 };

struct px_child {
    px_arena arena;
    char *argv[ARGV_MAX + 1];
    char *env[ENV_MAX + 2];
    pid_t parent;
    pthread_t keeper;
    _Atomic pid_t pid; /* 0: none runs */
    _Atomic bool stopping, ended;
};

static void sleep_ms(long milliseconds)
{
    struct timespec pause = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

    nanosleep(&pause, NULL);
}

/* Between fork and exec: nothing but system calls. */
_Noreturn static void become(const px_child *child)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != child->parent) /* it died before the line above */
        _exit(0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    execve("/proc/self/exe", child->argv, child->env);
    _exit(127);
}

/* True when it is to be started again. */
static bool run_once(px_child *child)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        become(child);
    if (pid < 0)
        return true;
    atomic_store(&child->pid, pid);
    if (atomic_load(&child->stopping)) /* the order to stop came before it could see the child */
        kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    atomic_store(&child->pid, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void *keep(void *data)
{
    px_child *child = data;

    while (!atomic_load(&child->stopping) && run_once(child))
        for (int i = 0; i < 10 && !atomic_load(&child->stopping); i++)
            sleep_ms(100);
    atomic_store(&child->ended, true);
    return NULL;
}

static char *copy(px_child *child, const char *text)
{
    px_str kept = px_arena_str(&child->arena, px_str_c(text));
    char *given;

    memcpy(&given, &kept.ptr, sizeof(given)); /* execve does not change what it asks for so */
    return given;
}

static bool copy_all(px_child *child, const char *const *argv, const char *env)
{
    size_t count = 0;
    bool good = true;

    for (size_t i = 0; argv[i] && good; i++) {
        px_assert(i < ARGV_MAX);
        child->argv[i] = copy(child, argv[i]);
        good = child->argv[i] != NULL;
    }
    for (char **e = environ; *e && count < ENV_MAX; e++)
        child->env[count++] = *e;
    if (env && good) {
        child->env[count] = copy(child, env);
        good = child->env[count] != NULL;
    }
    return good;
}

px_status px_child_start(const char *const *argv, const char *env, px_child **ret_child,
                         px_err *ret_err)
{
    px_child *child = px_zalloc(1, sizeof(*child));

    if (!child)
        return px_no_memory(ret_err);
    px_arena_init(&child->arena, ARENA_BYTES);
    child->parent = getpid();
    if (copy_all(child, argv, env) && px_thread_start(&child->keeper, "keeper", keep, child)) {
        *ret_child = child;
        return PX_OK;
    }
    px_arena_release(&child->arena);
    px_free(child);
    return px_fail(ret_err, PX_BUSY, "the thread that keeps the child cannot be started");
}

static void tell(px_child *child, int signal_number)
{
    pid_t pid = atomic_load(&child->pid);

    if (pid > 0)
        kill(pid, signal_number);
}

void px_child_stop(px_child *child)
{
    if (!child)
        return;
    atomic_store(&child->stopping, true);
    tell(child, SIGTERM);
    for (int waited = 0; waited < KILL_AFTER_MS && !atomic_load(&child->ended); waited += 20)
        sleep_ms(20);
    if (!atomic_load(&child->ended))
        tell(child, SIGKILL);
    pthread_join(child->keeper, NULL);
    px_arena_release(&child->arena);
    px_free(child);
}
