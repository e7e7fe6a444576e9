#pragma once

// What glibc has, but Swift's Glibc leaves out, or shows only to those who ask for all GNU extensions.

#include <malloc.h>

extern void sincos(double angle, double *sine, double *cosine);

struct sine_and_cosine {
    double sine, cosine;
};

// The bits of sin and cos, at little more than the price of one of them.
static inline struct sine_and_cosine sine_and_cosine(double angle) {
    struct sine_and_cosine both;
    sincos(angle, &both.sine, &both.cosine);
    return both;
}

extern int sched_getaffinity(int process, unsigned long size, void *cores);

// How many cores the calling thread may run on.
static inline long cores_at_hand(void) {
    unsigned long cores[1024] = {0};
    long count = 0;
    if (sched_getaffinity(0, sizeof cores, cores) != 0) return 1;
    for (int i = 0; i < 1024; i++) count += __builtin_popcountl(cores[i]);
    return count;
}
