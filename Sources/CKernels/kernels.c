#include "kernels.h"

#include <stdatomic.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

#define NAME(name) name##_plain
#define TARGET
#include "loops.h"
#include "scores.h"
#include "keys.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#include "loops.h"
#include "scores.h"
#include "keys.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#include "loops.h"
#include "scores.h"
#include "keys.h"
#undef NAME
#undef TARGET

static _Atomic int level;

__attribute__((constructor)) static void choose_level(void) { kernels_limit(KERNELS_AVX512); }

int kernels_limit(int limit) {
    __builtin_cpu_init();
    int best = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq")
                   ? KERNELS_AVX512
               : __builtin_cpu_supports("avx2") ? KERNELS_AVX2
                                                : KERNELS_PLAIN;
    int chosen = best < limit ? best : limit;
    atomic_store_explicit(&level, chosen, memory_order_relaxed);
    return chosen;
}

// Averages of gradients that have become zero would shrink to denormal numbers and stay there, over which these processors
// take a hundred times as long: while an optimizer works, they are zero.
static inline unsigned flush_denormals(void) {
    unsigned state = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(state | 0x8040);
    return state;
}

static inline void restore_denormals(unsigned state) { __builtin_ia32_ldmxcsr(state); }

#define LEVEL atomic_load_explicit(&level, memory_order_relaxed)
#define CALL(name, ...)                                   \
    (LEVEL == KERNELS_AVX512 ? name##_avx512(__VA_ARGS__) \
     : LEVEL == KERNELS_AVX2 ? name##_avx2(__VA_ARGS__)   \
                             : name##_plain(__VA_ARGS__))
#else
int kernels_limit(int limit) { return KERNELS_PLAIN; }

static inline unsigned flush_denormals(void) { return 0; }
static inline void restore_denormals(unsigned state) {}

#define CALL(name, ...) name##_plain(__VA_ARGS__)
#endif

void kernel_powers(long n, float exponent, float *x) { CALL(powers, n, exponent, x); }

float kernel_largest(long n, const float *x) { return CALL(valid_max, n, x, NULL); }

void kernel_divide_by_least(long n, float *x) { CALL(divide_by_least, n, x); }

void kernel_descend(long depth, const float *nodes, long n, float *places, int32_t *indices) {
    CALL(descend, depth, nodes, n, places, indices);
}

void kernel_ascend(long depth, long n, const int32_t *indices, float *weights, float *nodes) {
    CALL(ascend, depth, n, indices, weights, nodes);
}

void kernel_prefetch(long n, const int32_t *index, long stride, const void *table) {
    for (long i = 0; i < n; i++) __builtin_prefetch((const char *)table + index[i] * stride);
}

void kernel_bias(long rows, long columns, const float *bias, float *y) { CALL(bias, rows, columns, bias, y); }

void kernel_row_product(long inner, long columns, const float *x, const float *b, float *y) {
    CALL(row_product, inner, columns, x, b, y);
}

void kernel_bias_relu(long rows, long columns, const float *bias, float *y) {
    CALL(bias_relu, rows, columns, bias, y);
}

void kernel_bias_tanh(long rows, long columns, const float *bias, float *y) {
    CALL(bias_tanh, rows, columns, bias, y);
}

void kernel_relu(long n, float *y) { CALL(relu, n, y); }

void kernel_tanh(long n, float *y) { CALL(tanh, n, y); }

void kernel_relu_backward(long n, const float *y, float *dy) { CALL(relu_backward, n, y, dy); }

void kernel_tanh_backward(long n, const float *y, float *dy) { CALL(tanh_backward, n, y, dy); }

void kernel_column_sums(long rows, long columns, const float *x, float *sums) {
    CALL(column_sums, rows, columns, x, sums);
}

void kernel_relu_backward_sums(long rows, long columns, const float *y, float *dy, float *sums) {
    CALL(relu_backward_sums, rows, columns, y, dy, sums);
}

void kernel_transpose(long rows, long columns, const float *x, float *y) { CALL(transpose, rows, columns, x, y); }

void kernel_normalized_rows(long rows, long columns, const int32_t *index, const float *table, const float *shift,
                            const float *scale, float limit, float *y) {
    CALL(normalized_rows, rows, columns, index, table, shift, scale, limit, y);
}

void kernel_gather(long rows, long columns, const int32_t *index, long stride, const float *table, float *y) {
    CALL(gather, rows, columns, index, stride, table, y);
}

void kernel_scatter(long rows, long columns, const int32_t *index, long stride, const float *dy, float *table) {
    CALL(scatter, rows, columns, index, stride, dy, table);
}

void kernel_layer_norm(long rows, long columns, const float *gain, const float *shift, float *y, float *normal,
                       float *inverse) {
    CALL(layer_norm, rows, columns, gain, shift, y, normal, inverse);
}

void kernel_layer_norm_backward(long rows, long columns, const float *gain, const float *normal, const float *inverse,
                                float *dy, float *dgain, float *dshift) {
    CALL(layer_norm_backward, rows, columns, gain, normal, inverse, dy, dgain, dshift);
}

void kernel_adam(long n, const float *gradient, float scale, float rate, float beta1, float beta2, float root_correction,
                 float epsilon, float *first, float *second, float *parameters) {
    unsigned state = flush_denormals();
    CALL(adam, n, gradient, scale, rate, beta1, beta2, root_correction, epsilon, first, second, parameters);
    restore_denormals(state);
}

void kernel_rmsprop(long n, const float *gradient, float scale, float rate, float decay, float epsilon, float *second,
                    float *parameters) {
    unsigned state = flush_denormals();
    CALL(rmsprop, n, gradient, scale, rate, decay, epsilon, second, parameters);
    restore_denormals(state);
}

void kernel_sgd(long n, const float *gradient, float scale, float rate, float momentum, float *velocity,
                float *parameters) {
    unsigned state = flush_denormals();
    CALL(sgd, n, gradient, scale, rate, momentum, velocity, parameters);
    restore_denormals(state);
}

void kernel_polyak(long n, float tau, const float *source, float *target) { CALL(polyak, n, tau, source, target); }

double kernel_sum_of_squares(long n, const float *x) { return CALL(sum_of_squares, n, x); }

void kernel_row_argmax(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                       long choice_stride, int32_t *choices) {
    CALL(row_argmax, rows, stride, n, x, mask, mask_stride, choice_stride, choices);
}

void kernel_row_mean(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                     float *means) {
    CALL(row_mean, rows, stride, n, x, mask, mask_stride, means);
}

void kernel_add_choices(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                        long choice_stride, const int32_t *choices, float share, int centred, float *values) {
    CALL(add_choices, rows, stride, n, x, mask, mask_stride, choice_stride, choices, share, centred, values);
}

void kernel_spread_choices(long rows, long stride, long n, long choice_stride, const int32_t *choices, float parts,
                           int centred, const float *gradients, float *dx) {
    CALL(spread_choices, rows, stride, n, choice_stride, choices, parts, centred, gradients, dx);
}

void kernel_row_softmax(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                        long probability_stride, float *probabilities) {
    CALL(row_softmax, rows, stride, n, x, mask, mask_stride, probability_stride, probabilities);
}

void kernel_gaussian(long rows, long sum_stride, const float *sums, long stride, long n, float *scores) {
    CALL(gaussian, rows, sum_stride, sums, stride, n, scores);
}

void kernel_gaussian_backward(long rows, long sum_stride, const float *sums, long stride, long n, const float *dscores,
                              float *dsums) {
    CALL(gaussian_backward, rows, sum_stride, sums, stride, n, dscores, dsums);
}

float kernel_product(long n, const float *x, const float *y) { return CALL(product, n, x, y); }

void kernel_products(long rows, long n, const float *x, const float *y, float *products) {
    CALL(products, rows, n, x, y, products);
}

void kernel_mask_rows(long rows, long stride, long n, const uint8_t *mask, long mask_stride, float *x) {
    CALL(mask_rows, rows, stride, n, mask, mask_stride, x);
}

void kernel_row_max(long rows, long stride, long n, const float *x, float *maxima) {
    CALL(row_max, rows, stride, n, x, maxima);
}

float kernel_exponentials(long n, float offset, float *x) { return CALL(exponentials, n, offset, x); }

double kernel_huber(long n, const float *prediction, const float *target, const float *weight, float delta,
                    float *gradient) {
    return CALL(huber, n, prediction, target, weight, delta, gradient);
}

double kernel_squared_error(long n, const float *prediction, const float *target, const float *weight,
                            float *gradient) {
    return CALL(squared_error, n, prediction, target, weight, gradient);
}
