#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Elementwise passes over float arrays, each compiled for AVX-512, AVX2 and the plain processor, and chosen when the
// program starts. No variant contracts a*b+c and every reduction has sixteen lanes, so that all of them give the same
// bits. `n` counts floats; matrices are row-major without gaps.

// The variants, best last. `kernels_limit` caps the choice at `level`, and gives the level then in use.
enum { KERNELS_PLAIN = 0, KERNELS_AVX2 = 1, KERNELS_AVX512 = 2 };
int kernels_limit(int level);

// y [columns] = x [inner] times b [inner, columns], each sum in the order of x.
void kernel_row_product(long inner, long columns, const float *x, const float *b, float *y);

// x = x^exponent in place, of positive numbers: its relative error is less than 2^-20 while |exponent log x| is below 20.
void kernel_powers(long n, float exponent, float *x);

// The largest of some numbers; minus infinity where there are none. And x /= the least of them.
float kernel_largest(long n, const float *x);
void kernel_divide_by_least(long n, float *x);

// Walks through a binary tree whose nodes are the sums of their children: 1 is the root, those of i are 2i and 2i + 1.
// Down from the root: at each level right, and the left child's sum off the place, where the place is not less than that.
// What is left at `places` is the weight of the leaf at `indices`. `nodes` begins on a whole eight bytes.
void kernel_descend(long depth, const float *nodes, long n, float *places, int32_t *indices);
// Up from the leaves at `indices`, which get new weights, the later of two for the same: at each level the node is summed up
// anew. The weights are lost.
void kernel_ascend(long depth, long n, const int32_t *indices, float *weights, float *nodes);

// Has rows of a table brought near that are about to be read, `stride` bytes apart.
void kernel_prefetch(long n, const int32_t *index, long stride, const void *table);

// y[r][c] = f(y[r][c] + bias[c]).
void kernel_bias(long rows, long columns, const float *bias, float *y);
void kernel_bias_relu(long rows, long columns, const float *bias, float *y);
void kernel_bias_tanh(long rows, long columns, const float *bias, float *y);

// y = f(x) in place, and dy *= f'(x) expressed in y.
void kernel_relu(long n, float *y);
void kernel_tanh(long n, float *y);
void kernel_relu_backward(long n, const float *y, float *dy);
void kernel_tanh_backward(long n, const float *y, float *dy);

// sums[c] = the sum of column c.
void kernel_column_sums(long rows, long columns, const float *x, float *sums);

// Takes dy to dx of a relu in place, and sums its columns.
void kernel_relu_backward_sums(long rows, long columns, const float *y, float *dy, float *sums);

// y [columns, rows] = x [rows, columns], transposed.
void kernel_transpose(long rows, long columns, const float *x, float *y);

// y[r] = (table[index[r]] - shift) * scale, cut off beyond +-limit; where index is null, table[r].
void kernel_normalized_rows(long rows, long columns, const int32_t *index, const float *table, const float *shift,
                            const float *scale, float limit, float *y);

// y[r] += table[index[r * stride]], and its transpose: table[index[r * stride]] += dy[r].
void kernel_gather(long rows, long columns, const int32_t *index, long stride, const float *table, float *y);
void kernel_scatter(long rows, long columns, const int32_t *index, long stride, const float *dy, float *table);

// y = gain * (y - mean) / sqrt(variance + 1e-5) + shift for each row; keeps the normalised rows and 1 / sqrt(…).
void kernel_layer_norm(long rows, long columns, const float *gain, const float *shift, float *y, float *normal,
                       float *inverse);
// Takes dy to dx in place; dgain and dshift are overwritten.
void kernel_layer_norm_backward(long rows, long columns, const float *gain, const float *normal, const float *inverse,
                                float *dy, float *dgain, float *dshift);

// Optimizers. Each multiplies the gradient by `scale` first, which is how its norm is clipped.
void kernel_adam(long n, const float *gradient, float scale, float rate, float beta1, float beta2, float root_correction,
                 float epsilon, float *first, float *second, float *parameters);
void kernel_rmsprop(long n, const float *gradient, float scale, float rate, float decay, float epsilon, float *second,
                    float *parameters);
void kernel_sgd(long n, const float *gradient, float scale, float rate, float momentum, float *velocity,
                float *parameters);

// target += tau * (source - target).
void kernel_polyak(long n, float tau, const float *source, float *target);
double kernel_sum_of_squares(long n, const float *x);

// Of each row of `x`, rows `stride` floats apart, the first `n` numbers are read; where `mask` is not null, only those
// whose byte is not zero, its rows `mask_stride` bytes apart. Of equals the first is the largest; of none, 0.
void kernel_row_argmax(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                       long choice_stride, int32_t *choices);
void kernel_row_mean(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                     float *means);
// values[r] += share * (x[r][choice] - mean of the row), where it is not centred - 0.
void kernel_add_choices(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                        long choice_stride, const int32_t *choices, float share, int centred, float *values);
// Its gradient where nothing is masked and the share is 1 / parts; overwrites dx.
void kernel_spread_choices(long rows, long stride, long n, long choice_stride, const int32_t *choices, float parts,
                           int centred, const float *gradients, float *dx);
// Gives 0 where the mask is.
void kernel_row_softmax(long rows, long stride, long n, const float *x, const uint8_t *mask, long mask_stride,
                        long probability_stride, float *probabilities);

// The inner product of two vectors, and those of each row of x [rows, n] with y [n], the same to the bit.
float kernel_product(long n, const float *x, const float *y);
void kernel_products(long rows, long n, const float *x, const float *y, float *products);

// Passes over the first `n` of each row of products, rows `stride` floats apart. Where the mask is 0 goes minus infinity.
void kernel_mask_rows(long rows, long stride, long n, const uint8_t *mask, long mask_stride, float *x);
void kernel_row_max(long rows, long stride, long n, const float *x, float *maxima);
// x = exp(x - offset) in place; gives their sum.
float kernel_exponentials(long n, float offset, float *x);

// Of each row's two sums, rows `sum_stride` floats apart, the scores of `n` evenly spaced numbers x from -1 to 1:
// -(x - mean)^2 / (2 deviation^2), where the first sum is the mean, and log deviation = 3 tanh(second / 3) - 2. One number
// alone is 0. The gradients of the two sums are overwritten.
void kernel_gaussian(long rows, long sum_stride, const float *sums, long stride, long n, float *scores);
void kernel_gaussian_backward(long rows, long sum_stride, const float *sums, long stride, long n, const float *dscores,
                              float *dsums);

// Gradient of the weighted mean loss in gradient[i], and the mean loss itself. weight may be null.
double kernel_huber(long n, const float *prediction, const float *target, const float *weight, float delta,
                    float *gradient);
double kernel_squared_error(long n, const float *prediction, const float *target, const float *weight,
                            float *gradient);

#ifdef __cplusplus
}
#endif
