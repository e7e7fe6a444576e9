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

TARGET static void NAME(add_choices)(long rows, long stride, long n, const float *x, const uint8_t *mask,
                                     long mask_stride, long choice_stride, const int32_t *choices, float share,
                                     int centred, float *values) {
    for (long r = 0; r < rows; r++, x += stride, mask = mask ? mask + mask_stride : mask) {
        float mean = 0;
        if (centred && !mask && n < LANES) {
#pragma clang loop vectorize(disable)
            for (long i = 0; i < n; i++) mean += x[i];
            mean /= n;
        } else if (centred) {
            NAME(row_mean)(1, stride, n, x, mask, mask_stride, &mean);
        }
        values[r] += share * (x[choices[r * choice_stride]] - mean);
    }
}

TARGET static void NAME(spread_choices)(long rows, long stride, long n, long choice_stride, const int32_t *choices,
                                        float parts, int centred, const float *gradients, float *dx) {
    for (long r = 0; r < rows; r++, dx += stride) {
        float slope = gradients[r] / parts, others = centred ? -slope / n : 0;
#pragma clang loop vectorize_width(4)
        for (long i = 0; i < n; i++) dx[i] = others;
        dx[choices[r * choice_stride]] += slope;
    }
}

TARGET static void NAME(row_softmax)(long rows, long stride, long n, const float *x, const uint8_t *mask,
                                     long mask_stride, long probability_stride, float *probabilities) {
    for (long r = 0; r < rows;
         r++, x += stride, probabilities += probability_stride, mask = mask ? mask + mask_stride : mask) {
        float max = NAME(valid_max)(n, x, mask);
        // Passes of their own: under a condition exp is not vectorised, and a load from no mask is, but at a crawl.
        for (long i = 0; i < n; i++) probabilities[i] = x[i] - max;
        if (mask)
            for (long i = 0; i < n; i++) probabilities[i] = mask[i] ? probabilities[i] : -__builtin_inff();
        for (long i = 0; i < n; i++) probabilities[i] = NAME(exp_of)(probabilities[i]);
        float sum = NAME(sum)(n, probabilities);
        for (long i = 0; i < n; i++) probabilities[i] = sum > 0 ? probabilities[i] / sum : 0;
    }
}

// Where the evenly spaced numbers begin, and how far apart they are.
#define FIRST(n) ((n) > 1 ? -1.0f : 0.0f)
#define STEP(n) ((n) > 1 ? 2.0f / ((n) - 1) : 0.0f)

TARGET static void NAME(gaussian)(long rows, long sum_stride, const float *sums, long stride, long n, float *scores) {
    float first = FIRST(n), step = STEP(n);
    for (long r = 0; r < rows; r++, sums += sum_stride, scores += stride) {
        float mean = sums[0], deviation = 3 * NAME(tanh_of)(sums[1] / 3) - 2;
        float scale = -0.5f * NAME(exp_of)(-2 * deviation);
        for (int i = 0; i < n; i++) {
            float distance = first + i * step - mean;
            scores[i] = scale * distance * distance;
        }
    }
}

TARGET static void NAME(gaussian_backward)(long rows, long sum_stride, const float *sums, long stride, long n,
                                           const float *dscores, float *dsums) {
    float first = FIRST(n), step = STEP(n);
    for (long r = 0; r < rows; r++, sums += sum_stride, dsums += sum_stride, dscores += stride) {
        float bent = NAME(tanh_of)(sums[1] / 3), precision = NAME(exp_of)(-2 * (3 * bent - 2));
        lanes slope = {0}, spread = {0}, next;
        for (long i = 0; i < n; i += LANES) {
            NAME(load)(dscores + i, n - i, 0, &next);
            for (int k = 0; k < LANES; k++) {
                float distance = first + (i + k) * step - sums[0];
                slope[k] += next[k] * distance;
                spread[k] += next[k] * distance * distance;
            }
        }
        float mean = 0, deviation = 0;
        for (int k = 0; k < LANES; k++) {
            mean += slope[k];
            deviation += spread[k];
        }
        dsums[0] = precision * mean;
        dsums[1] = precision * deviation * (1 - bent * bent);
    }
}

#undef FIRST
#undef STEP
#undef lanes
#undef LANES
