#define _GNU_SOURCE
#include "spawn_worker.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// C, since between fork and exec a process with threads may call little more than what is called here
// (signal-safety(7)), and Swift promises nothing of the kind.

static void limit(int resource, uint64_t value) {
    struct rlimit both = {value, value};
    if (value > 0) setrlimit(resource, &both);
}

/// Away from the numbers that are about to be given out.
static int lift(int descriptor) { return descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 16); }

/// In the memory of the parent, which waits: nothing here may change what it will go on with.
static int become(const struct spawn_request *request, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) return ESRCH;

    int empty = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int socket = lift(request->socket), output = lift(request->output), script = lift(request->script);
    if (empty < 0 || socket < 0 || output < 0 || (script < 0 && request->script >= 0)) return errno;
    if (dup2(empty, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(socket, 3) < 0) return errno;
    if (script >= 0 && dup2(script, 4) < 0) return errno;
    if (close_range(script >= 0 ? 5 : 4, ~0u, 0) < 0) return errno;

    // Where memory runs out, it is a worker that goes, not the daemon.
    int score = open("/proc/self/oom_score_adj", O_WRONLY);
    if (score >= 0) {
        ssize_t ignored = write(score, "500", 3);
        (void)ignored;
        close(score);
    }
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    limit(RLIMIT_DATA, request->memory);
    limit(RLIMIT_CPU, request->cpu_seconds);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(request->arguments[0], request->arguments, request->environment);
    return errno;
}

pid_t spawn_worker(const struct spawn_request *request) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    volatile int failure = 0;
    // Not fork, which would copy the page tables of everything that was learned.
    pid_t process = vfork();
    if (process == 0) {
        failure = become(request, parent);
        _exit(127);
    }
    int code = process < 0 ? errno : failure;
    if (failure) waitpid(process, NULL, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code ? -code : process;
}

int spawn_watch(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int spawn_script(const void *text, size_t count) {
    int file = memfd_create("worker", MFD_CLOEXEC);
    if (file < 0) return -1;
    for (size_t done = 0; done < count;) {
        ssize_t written = write(file, (const char *)text + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int code = errno;
            close(file);
            errno = code;
            return -1;
        }
        done += (size_t)written;
    }
    lseek(file, 0, SEEK_SET);
    return file;
}
