// Makes the n-th call that changes something under a folder fail, once or from then on: LD_PRELOAD for tests.
//
// $LAMD_FAULT_FOLDER names the folder, $LAMD_FAULT_CONTROL a file of five 64-bit numbers that both sides map: whether it is
// on, how many calls there were since, which one fails, whether those after it fail too, and the error.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
    _Atomic long on, calls, failing, forever, error;
};

static struct control *control;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("LAMD_FAULT_CONTROL");
    folder = getenv("LAMD_FAULT_FOLDER");
    if (!path || !folder) return;
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int descriptor = real_open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) abort();
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (control == MAP_FAILED) abort();
    close(descriptor);
}

static int fails(void) {
    long call = atomic_fetch_add(&control->calls, 1) + 1, failing = atomic_load(&control->failing);
    if (call != failing && !(call > failing && atomic_load(&control->forever))) return 0;
    errno = (int)atomic_load(&control->error);
    return 1;
}

static int is_on(void) { return control && atomic_load(&control->on); }

static int path_fails(const char *path) {
    return is_on() && path && strncmp(path, folder, strlen(folder)) == 0 && fails();
}

static int descriptor_fails(int descriptor) {
    char link[64], path[PATH_MAX];
    if (!is_on()) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return path_fails(path);
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && path_fails(path)) return -1; \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && path_fails(path)) return -1; \
        return real(at, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

#define BY_DESCRIPTOR(type, name, parameters, arguments) \
    type name parameters { \
        REAL(name); \
        if (descriptor_fails(descriptor)) return -1; \
        return real arguments; \
    }
BY_DESCRIPTOR(ssize_t, write, (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count))
BY_DESCRIPTOR(ssize_t, writev, (int descriptor, const struct iovec *parts, int count), (descriptor, parts, count))
BY_DESCRIPTOR(
    ssize_t, pwrite, (int descriptor, const void *bytes, size_t count, off_t at), (descriptor, bytes, count, at))
BY_DESCRIPTOR(
    ssize_t, pwrite64, (int descriptor, const void *bytes, size_t count, off64_t at), (descriptor, bytes, count, at))
BY_DESCRIPTOR(int, fsync, (int descriptor), (descriptor))
BY_DESCRIPTOR(int, fdatasync, (int descriptor), (descriptor))
BY_DESCRIPTOR(int, ftruncate, (int descriptor, off_t size), (descriptor, size))
BY_DESCRIPTOR(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))

#define BY_PATH(name, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        if (path_fails(path)) return -1; \
        return real arguments; \
    }
BY_PATH(rename, (const char *path, const char *other), (path, other))
BY_PATH(link, (const char *path, const char *other), (path, other))
BY_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
BY_PATH(unlink, (const char *path), (path))
BY_PATH(rmdir, (const char *path), (path))
