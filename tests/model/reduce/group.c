#include "tests/model/reduce/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check.h"

static struct tt_error err;

/* Skip the test unless mpirun and the plug-in are there. */
static void need(void)
{
#ifdef __SANITIZE_THREAD__
    check_skip("Open MPI's threads are not made for this sanitizer");
#endif
    if (reduce_check("mpi", &err) < 0)
        check_skip(err.text);
    if (!tt_file_exists("/usr/bin/mpirun"))
        check_skip("mpirun is not installed (openmpi-bin)");
}

/* The runner, as mpirun starts it, runs this test alone. */
static void launch(const char *test, int n)
{
    char number[16], self[TT_PATH_SIZE] = "";

    snprintf(number, sizeof(number), "%d", n);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        _exit(1);
    // what Open MPI forgets lies in components that it has unloaded by then
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    if (!freopen("mpirun.log", "w", stdout) ||
        dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        _exit(1);
    execl("/usr/bin/mpirun", "mpirun", "-n", number, "--oversubscribe",
          "--bind-to", "none", self, test, (char *)NULL);
    _exit(127);
}

void group_enter(const char *test, int n)
{
    int status = -1;
    size_t size;
    char *said;
    pid_t pid;

    if (getenv("OMPI_COMM_WORLD_SIZE"))
        return;
    need();
    pid = fork();
    if (pid == 0)
        launch(test, n);
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        exit(0);
    CHECK_OK(tt_file_read("mpirun.log", 1 << 20, &said, &size, &err));
    fprintf(stderr, "%s", said);
    free(said);
    exit(1);
}

struct reduce *group_join(const char *test, int n)
{
    struct reduce *r;

    group_enter(test, n);
    CHECK_OK(reduce_open(&r, "mpi", &err));
    CHECK_INT(reduce_size(r), n);
    return r;
}
