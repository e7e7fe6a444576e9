// Compiled once for each variant, after loops.h. Each function reads `n` scores at the start of every row of `x`, whose
// rows are `stride` floats apart; where `mask` is not null, only those whose byte is not zero, `mask_stride` bytes apart.

#define LANES 16
#define lanes NAME(lanes)

TARGET static inline void NAME(load_valid)(const float *x, const uint8_t *mask, long left, float padding,
                                           lanes *loaded) {
    NAME(load)(x, left, padding, loaded);
    if (mask)
        for (int i = 0; i < LANES; i++) (*loaded)[i] = i < left && mask[i] ? (*loaded)[i] : padding;
}

TARGET static inline float NAME(valid_max)(long n, const float *x, const uint8_t *mask) {
    float max = -__builtin_inff();
    if (n < LANES) {
        for (long i = 0; i < n; i++)
            if ((!mask || mask[i]) && x[i] > max) max = x[i];
        return max;
    }
    lanes largest, next;
    NAME(load)(x, 0, max, &largest);
    for (long i = 0; i < n; i += LANES) {
        NAME(load_valid)(x + i, mask ? mask + i : mask, n - i, max, &next);
        largest = __builtin_elementwise_max(largest, next);
    }
    for (int i = 0; i < LANES; i++) max = largest[i] > max ? largest[i] : max;
    return max;
}

TARGET static void NAME(row_argmax)(long rows, long stride, long n, const float *x, const uint8_t *mask,
                                    long mask_stride, long choice_stride, int32_t *choices) {
    for (long r = 0; r < rows; r++, x += stride, mask = mask ? mask + mask_stride : mask) {
        float max = NAME(valid_max)(n, x, mask);
        long best = 0;
        while (best < n && !((!mask || mask[best]) && x[best] == max)) best++;
        choices[r * choice_stride] = best < n ? (int32_t)best : 0;
    }
}

TARGET static void NAME(row_mean)(long rows, long stride, long n, const float *x, const uint8_t *mask,
                                  long mask_stride, float *means) {
    for (long r = 0; r < rows; r++, x += stride, mask = mask ? mask + mask_stride : mask) {
        long count = n;
        if (mask) {
            count = 0;
            for (long i = 0; i < n; i++) count += mask[i] != 0;
        }
        float sum = 0;
        if (n < LANES) {
            for (long i = 0; i < n; i++)
                if (!mask || mask[i]) sum += x[i];
        } else {
            lanes total = {0}, next;
            for (long i = 0; i < n; i += LANES) {
                NAME(load_valid)(x + i, mask ? mask + i : mask, n - i, 0, &next);
                total += next;
            }
            for (int i = 0; i < LANES; i++) sum += total[i];
        }
        means[r] = count > 0 ? sum / count : 0;
    }
}

TARGET static void NAME(row_softmax)(long rows, long stride, long n, const float *x, const uint8_t *mask,
                                     long mask_stride, long probability_stride, float *probabilities) {
    for (long r = 0; r < rows;
         r++, x += stride, probabilities += probability_stride, mask = mask ? mask + mask_stride : mask) {
        float max = NAME(valid_max)(n, x, mask);
        for (long i = 0; i < n; i++) probabilities[i] = !mask || mask[i] ? NAME(exp_of)(x[i] - max) : 0;
        float sum = NAME(sum)(n, probabilities);
        for (long i = 0; i < n; i++) probabilities[i] = sum > 0 ? probabilities[i] / sum : 0;
    }
}

#undef lanes
#undef LANES
