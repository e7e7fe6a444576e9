#pragma once

// glibc has it, but shows it only to those who ask for all GNU extensions.
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
