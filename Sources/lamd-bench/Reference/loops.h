// The elementwise passes of an update, compiled once for each variant, with NAME and TARGET set.

TARGET static void NAME(bias_relu)(long rows, long columns, const float *restrict bias, float *restrict y) {
    for (long r = 0; r < rows; r++, y += columns)
        for (long c = 0; c < columns; c++) {
            float x = y[c] + bias[c];
            y[c] = x > 0 ? x : 0;
        }
}

// Where y is not positive its gradient ends; what is left is the bias's, summed over rows.
TARGET static void NAME(relu_backward)(long rows, long columns, const float *restrict y, float *restrict dy,
                                       float *restrict sums) {
    for (long c = 0; c < columns; c++) sums[c] = 0;
    for (long r = 0; r < rows; r++, y += columns, dy += columns)
        for (long c = 0; c < columns; c++) {
            dy[c] = y[c] > 0 ? dy[c] : 0;
            sums[c] += dy[c];
        }
}

TARGET static float NAME(norm)(long n, const float *x) {
    floats totals[4] = {{0}}, next;
    long i = 0;
    for (; i + 64 <= n; i += 64)
        for (int k = 0; k < 4; k++) {
            memcpy(&next, x + i + 16 * k, sizeof next);
            totals[k] += next * next;
        }
    floats total = totals[0] + totals[1] + totals[2] + totals[3];
    float sum = 0;
    for (int k = 0; k < 16; k++) sum += total[k];
    for (; i < n; i++) sum += x[i] * x[i];
    return __builtin_sqrtf(sum);
}

TARGET static void NAME(adam)(long n, const float *restrict gradient, float scale, float rate, float root_correction,
                              float *restrict first, float *restrict second, float *restrict parameters) {
    for (long i = 0; i < n; i++) {
        float g = gradient[i] * scale;
        first[i] = 0.9f * first[i] + (1 - 0.9f) * g;
        second[i] = 0.999f * second[i] + (1 - 0.999f) * g * g;
        parameters[i] -= rate * first[i] / (__builtin_elementwise_sqrt(second[i]) * root_correction + 1e-8f);
    }
}
