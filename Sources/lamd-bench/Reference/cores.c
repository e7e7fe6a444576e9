#define _GNU_SOURCE
#include <sched.h>

#include "reference.h"

uint64_t thread_cores(void) {
    cpu_set_t set;
    uint64_t cores = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    for (int core = 0; core < 64; core++)
        if (CPU_ISSET(core, &set)) cores |= UINT64_C(1) << core;
    return cores;
}

int set_thread_cores(uint64_t cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int core = 0; core < 64; core++)
        if (cores >> core & 1) CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set);
}
