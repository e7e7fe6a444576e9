#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a worker is started with.
struct spawn_request {
    /// Ends with NULL; the first is looked for along PATH.
    char *_Nullable const *_Nonnull arguments;
    /// `NAME=value`, ends with NULL.
    char *_Nullable const *_Nonnull environment;
    /// Becomes the worker's descriptor 3.
    int socket;
    /// Becomes its standard output and standard error.
    int output;
    /// Becomes its descriptor 4; -1 for none.
    int script;
    /// Bytes of memory and seconds of processor time that it may have; 0 for as many as it likes.
    uint64_t memory;
    uint64_t cpu_seconds;
};

/// Starts a worker in a process group of its own, which the kernel ends when the calling thread ends.
/// - Returns: its process id, or the negative errno of what failed.
pid_t spawn_worker(const struct spawn_request *_Nonnull request);

/// A descriptor that can be read when the process has ended (pidfd_open(2)); -1 with errno where there is none.
int spawn_watch(pid_t process);

/// A descriptor from which `text` can be read as a file (memfd_create(2)); -1 with errno where there is none.
int spawn_script(const void *_Nonnull text, size_t count);
