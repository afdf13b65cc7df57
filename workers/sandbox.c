#include "workers/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define CPU_SECONDS 3600 /* the parent takes a new child long before */
#define FILES       32

static void limit(int what, uint64_t value)
{
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};

    /* a limit that is lower already cannot be raised, and need not be */
    (void)setrlimit((__rlimit_resource_t)what, &r);
}

void sandbox_limits(uint64_t memory)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGINT, SIG_IGN); /* the terminal's; the parent decides */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_NOFILE, FILES);
    if (!SANITIZED)
        limit(RLIMIT_AS, memory);
}

/* Compute, talk on open descriptors, share memory. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate),
    SCMP_SYS(memfd_create),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrusage),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(membarrier),
    SCMP_SYS(getcpu),
};

/* Asked for by libraries that can do without. */
static const int refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(ioctl),
    SCMP_SYS(getcwd),
    SCMP_SYS(prlimit64),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(prctl),
};

/* Threads (libwebp starts one), but no processes: the flags of clone say
 * which. Those of clone3 lie in memory, so it is not there, and the C library
 * takes clone. abort() sends itself a signal; nobody else may get one. */
static int add_guarded(scmp_filter_ctx filter)
{
    return seccomp_rule_add(
               filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) |
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
                            0) |
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static int add_rules(scmp_filter_ctx filter)
{
    int rc = add_guarded(filter);

    for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
        rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        rc |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    return rc;
}

bool sandbox_enter(void)
{
    scmp_filter_ctx filter;
    bool in;

    if (SANITIZED)
        return false;
    filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    /* libvips may have started threads already: the filter is for all */
    in = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
         add_rules(filter) == 0 && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return in;
}
