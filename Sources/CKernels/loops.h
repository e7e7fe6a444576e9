// Compiled once for each variant, with NAME and TARGET set. No include guard for that reason.

#define LANES 16
typedef float NAME(lanes) __attribute__((vector_size(LANES * sizeof(float))));
#define lanes NAME(lanes)
typedef uint64_t __attribute__((may_alias)) NAME(word);
#define word NAME(word)

// The next sixteen of `left` floats; a tail is padded with `padding`, so that it takes the same instructions.
TARGET static inline void NAME(load)(const float *x, long left, float padding, lanes *loaded) {
    if (left >= LANES) {
        memcpy(loaded, x, sizeof(lanes));
    } else {
        for (int i = 0; i < LANES; i++) (*loaded)[i] = i < left ? x[i] : padding;
    }
}

// tanh as the rational function of Eigen and XLA: odd of degree 13 over even of degree 6, 3 ulp, flat beyond ±7.9.
TARGET static inline float NAME(tanh_of)(float x) {
    x = x > 7.90531110763549805f ? 7.90531110763549805f : x;
    x = x < -7.90531110763549805f ? -7.90531110763549805f : x;
    float s = x * x;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s + -8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return x * p / q;
}

// exp by Cephes: 2^n times a polynomial in the remainder, 2 ulp, zero below -87.
TARGET static inline float NAME(exp_of)(float x) {
    float clipped = x > 88.0f ? 88.0f : x < -87.0f ? -87.0f : x;
    float n = __builtin_elementwise_floor(clipped * 1.44269504088896341f + 0.5f);
    float r = clipped - n * 0.693359375f - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union { int32_t i; float f; } power = {((int32_t)n + 127) << 23};
    return x < -87.0f ? 0.0f : p * power.f;
}

// log by Cephes: the exponent's share and a polynomial in the mantissa, 2 ulp, of positive numbers.
TARGET static inline float NAME(log_of)(float x) {
    union { float f; int32_t i; } bits = {x};
    // The mantissa is taken between the roots of 1/2 and 2.
    int32_t shifted = bits.i - 0x3f3504f3;
    float n = shifted >> 23;
    bits.i = (shifted & 0x7fffff) + 0x3f3504f3;
    float r = bits.f - 1, s = r * r;
    float p = 7.0376836292e-2f;
    p = p * r + -1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r + -1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r + -1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r + -2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    return p * r * s + n * -2.12194440e-4f - 0.5f * s + r + n * 0.693359375f;
}

TARGET static void NAME(powers)(long n, float exponent, float *restrict x) {
    for (long i = 0; i < n; i++) x[i] = NAME(exp_of)(exponent * NAME(log_of)(x[i]));
}

TARGET static void NAME(divide_by_least)(long n, float *x) {
    lanes least, next;
    float result = __builtin_inff();
    NAME(load)(x, 0, result, &least);
    for (long i = 0; i < n; i += LANES) {
        NAME(load)(x + i, n - i, result, &next);
        least = __builtin_elementwise_min(least, next);
    }
    for (int i = 0; i < LANES; i++) result = least[i] < result ? least[i] : result;
    for (long i = 0; i < n; i++) x[i] /= result;
}

// Level by level, so that the waits of the walks for memory overlap. Two children are read as the one word that they are.
TARGET static void NAME(descend)(long depth, const float *restrict nodes, long n, float *restrict places,
                                 int32_t *restrict indices) {
    for (long i = 0; i < n; i++) indices[i] = 1;
    for (long level = 0; level < depth; level++)
#pragma clang loop vectorize(enable)
        for (long i = 0; i < n; i++) {
            union { uint64_t both; float f[2]; } children = {((const word *)nodes)[indices[i]]};
            float place = places[i];
            // Rounding may lead past the last weight: never into a subtree without any.
            int right = (place >= children.f[0]) & (children.f[1] > 0);
            places[i] = right ? place - children.f[0] : place;
            indices[i] = indices[i] * 2 + right;
        }
    for (long i = 0; i < n; i++) {
        places[i] = nodes[indices[i]];
        indices[i] -= 1 << depth;
    }
}

// Level by level too: each walk brings its sum along and reads that of the other child. Walks that have met write the same.
TARGET static void NAME(ascend)(long depth, long n, const int32_t *restrict indices, float *restrict weights,
                                float *nodes) {
    long leaves = 1L << depth, level = 0;
    for (long i = 0; i < n; i++) nodes[leaves + indices[i]] = weights[i];
    for (long i = 0; i < n; i++) weights[i] = nodes[leaves + indices[i]];
    for (; leaves >> level > n; level++)
#pragma clang loop vectorize(disable)
        for (long i = 0; i < n; i++) {
            long node = (leaves + indices[i]) >> level;
            weights[i] += nodes[node ^ 1];
            nodes[node >> 1] = weights[i];
        }
    // Above, there are fewer nodes than walks.
    for (long node = (leaves >> level) - 1; node > 0; node--) nodes[node] = nodes[2 * node] + nodes[2 * node + 1];
}

TARGET static void NAME(bias)(long rows, long columns, const float *restrict bias, float *restrict y) {
    if (columns < LANES) {
        // Less than a vector, but sixteen rows are some whole ones.
        float block[LANES * LANES];
        long size = LANES * columns, blocks = rows / LANES > 1 ? rows / LANES : 0;
        for (long i = 0; i < size && blocks; i += columns)
#pragma clang loop vectorize(disable)
            for (long c = 0; c < columns; c++) block[i + c] = bias[c];
        for (long k = 0; k < blocks; k++, y += size)
            for (long i = 0; i < size; i++) y[i] += block[i];
        for (long r = blocks * LANES; r < rows; r++, y += columns)
#pragma clang loop vectorize(disable)
            for (long c = 0; c < columns; c++) y[c] += bias[c];
        return;
    }
    for (long r = 0; r < rows; r++, y += columns)
        for (long c = 0; c < columns; c++) y[c] += bias[c];
}

// Sixty-four columns of a row times a matrix: they stay in registers while the rows of B pass by.
TARGET static inline void NAME(wide_product)(long inner, long columns, const float *x, const float *b, float *y) {
    lanes sum[4] = {0};
    for (long i = 0; i < inner; i++, b += columns)
        for (int k = 0; k < 4; k++) {
            lanes row;
            memcpy(&row, b + k * LANES, sizeof row);
            sum[k] += row * x[i];
        }
    memcpy(y, sum, sizeof sum);
}

// Up to sixteen columns; whole vectors are read as long as they end within the matrix.
TARGET static inline void NAME(narrow_product)(
    long inner, long columns, long width, const float *x, const float *b, const float *end, float *y) {
    lanes sum = {0};
    long i = 0;
    for (; i < inner && end - b >= LANES; i++, b += columns) {
        lanes row;
        memcpy(&row, b, sizeof row);
        sum += row * x[i];
    }
    for (; i < inner; i++, b += columns)
        for (long c = 0; c < width; c++) sum[c] += b[c] * x[i];
    for (long c = 0; c < width; c++) y[c] = sum[c];
}

TARGET static void NAME(row_product)(long inner, long columns, const float *x, const float *b, float *y) {
    const float *end = b + inner * columns;
    long c = 0;
    for (; columns - c >= 4 * LANES; c += 4 * LANES) NAME(wide_product)(inner, columns, x, b + c, y + c);
    for (; c < columns; c += LANES) {
        long left = columns - c;
        NAME(narrow_product)(inner, columns, left < LANES ? left : LANES, x, b + c, end, y + c);
    }
}

TARGET static void NAME(bias_relu)(long rows, long columns, const float *restrict bias, float *restrict y) {
    for (long r = 0; r < rows; r++, y += columns)
        for (long c = 0; c < columns; c++) {
            float x = y[c] + bias[c];
            y[c] = x > 0 ? x : 0;
        }
}

TARGET static void NAME(bias_tanh)(long rows, long columns, const float *restrict bias, float *restrict y) {
    for (long r = 0; r < rows; r++, y += columns)
        for (long c = 0; c < columns; c++) y[c] = NAME(tanh_of)(y[c] + bias[c]);
}

TARGET static void NAME(relu)(long n, float *restrict y) {
    for (long i = 0; i < n; i++) y[i] = y[i] > 0 ? y[i] : 0;
}

TARGET static void NAME(tanh)(long n, float *restrict y) {
    for (long i = 0; i < n; i++) y[i] = NAME(tanh_of)(y[i]);
}

TARGET static void NAME(relu_backward)(long n, const float *restrict y, float *restrict dy) {
    for (long i = 0; i < n; i++) dy[i] = y[i] > 0 ? dy[i] : 0;
}

TARGET static void NAME(tanh_backward)(long n, const float *restrict y, float *restrict dy) {
    for (long i = 0; i < n; i++) dy[i] *= 1 - y[i] * y[i];
}

TARGET static void NAME(column_sums)(long rows, long columns, const float *restrict x, float *restrict sums) {
    for (long c = 0; c < columns; c++) sums[c] = 0;
    for (long r = 0; r < rows; r++, x += columns)
        for (long c = 0; c < columns; c++) sums[c] += x[c];
}

// Both at once, because each row's gradient is at hand when it is known.
TARGET static void NAME(relu_backward_sums)(long rows, long columns, const float *restrict y, float *restrict dy,
                                            float *restrict sums) {
    for (long c = 0; c < columns; c++) sums[c] = 0;
    for (long r = 0; r < rows; r++, y += columns, dy += columns)
        for (long c = 0; c < columns; c++) {
            dy[c] = y[c] > 0 ? dy[c] : 0;
            sums[c] += dy[c];
        }
}

// Four by four, so that whole vectors are read and written.
TARGET static void NAME(transpose)(long rows, long columns, const float *restrict x, float *restrict y) {
    typedef float four __attribute__((vector_size(16)));
    long r = 0;
    for (; r + 4 <= rows; r += 4) {
        long c = 0;
        for (; c + 4 <= columns; c += 4) {
            four a, b, d, e;
            memcpy(&a, x + r * columns + c, sizeof a);
            memcpy(&b, x + (r + 1) * columns + c, sizeof b);
            memcpy(&d, x + (r + 2) * columns + c, sizeof d);
            memcpy(&e, x + (r + 3) * columns + c, sizeof e);
            four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), de = __builtin_shufflevector(d, e, 0, 4, 1, 5);
            four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7), DE = __builtin_shufflevector(d, e, 2, 6, 3, 7);
            a = __builtin_shufflevector(ab, de, 0, 1, 4, 5);
            b = __builtin_shufflevector(ab, de, 2, 3, 6, 7);
            d = __builtin_shufflevector(AB, DE, 0, 1, 4, 5);
            e = __builtin_shufflevector(AB, DE, 2, 3, 6, 7);
            memcpy(y + c * rows + r, &a, sizeof a);
            memcpy(y + (c + 1) * rows + r, &b, sizeof b);
            memcpy(y + (c + 2) * rows + r, &d, sizeof d);
            memcpy(y + (c + 3) * rows + r, &e, sizeof e);
        }
        for (; c < columns; c++)
            for (int i = 0; i < 4; i++) y[c * rows + r + i] = x[(r + i) * columns + c];
    }
    for (; r < rows; r++)
        for (long c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c];
}

// What is not a number stays so.
TARGET static inline float NAME(cut)(float x, float limit) {
    x = x <= -limit ? -limit : x;
    return x > limit ? limit : x;
}

TARGET static inline void NAME(normalize)(long n, const float *restrict x, const float *restrict shift,
                                          const float *restrict scale, float limit, float *restrict y) {
    for (long i = 0; i < n; i++) y[i] = NAME(cut)((x[i] - shift[i]) * scale[i], limit);
}

TARGET static void NAME(normalized_rows)(long rows, long columns, const int32_t *index, const float *restrict table,
                                         const float *restrict shift, const float *restrict scale, float limit,
                                         float *restrict y) {
    for (long r = 0; r < rows; r++, y += columns) {
        const float *row = table + (index ? index[r] : r) * columns;
        long c = 0;
        // Few numbers are usual: by fours, of which the compiler makes one vector, not many rows of them at once.
#pragma clang loop vectorize(disable) unroll(disable)
        for (; c + LANES <= columns; c += LANES)
            NAME(normalize)(LANES, row + c, shift + c, scale + c, limit, y + c);
#pragma clang loop vectorize(disable) unroll(disable)
        for (; c + 4 <= columns; c += 4) NAME(normalize)(4, row + c, shift + c, scale + c, limit, y + c);
#pragma clang loop vectorize(disable) unroll(disable)
        for (; c < columns; c++) y[c] = NAME(cut)((row[c] - shift[c]) * scale[c], limit);
    }
}

TARGET static void NAME(gather)(long rows, long columns, const int32_t *index, long stride,
                                const float *restrict table, float *restrict y) {
    for (long r = 0; r < rows; r++, y += columns, index += stride) {
        const float *row = table + *index * columns;
        for (long c = 0; c < columns; c++) y[c] += row[c];
    }
}

TARGET static void NAME(scatter)(long rows, long columns, const int32_t *index, long stride,
                                 const float *restrict dy, float *restrict table) {
    for (long r = 0; r < rows; r++, dy += columns, index += stride) {
        float *row = table + *index * columns;
        for (long c = 0; c < columns; c++) row[c] += dy[c];
    }
}

TARGET static float NAME(sum)(long n, const float *x) {
    lanes total = {0}, next;
    for (long i = 0; i < n; i += LANES) {
        NAME(load)(x + i, n - i, 0, &next);
        total += next;
    }
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += total[i];
    return sum;
}

TARGET static float NAME(dot)(long n, const float *x, const float *y) {
    lanes total = {0}, left, right;
    for (long i = 0; i < n; i += LANES) {
        NAME(load)(x + i, n - i, 0, &left);
        NAME(load)(y + i, n - i, 0, &right);
        total += left * right;
    }
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += total[i];
    return sum;
}

// Four sums side by side, because each addition waits four cycles for the one before it.
TARGET static double NAME(sum_of_squares)(long n, const float *x) {
    lanes totals[4] = {{0}}, next;
    long i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
        for (int k = 0; k < 4; k++) {
            memcpy(&next, x + i + k * LANES, sizeof(next));
            totals[k] += next * next;
        }
    for (; i < n; i += LANES) {
        NAME(load)(x + i, n - i, 0, &next);
        totals[0] += next * next;
    }
    lanes total = (totals[0] + totals[1]) + (totals[2] + totals[3]);
    double sum = 0;
    for (int i = 0; i < LANES; i++) sum += total[i];
    return sum;
}

TARGET static void NAME(layer_norm)(long rows, long columns, const float *restrict gain, const float *restrict shift,
                                    float *restrict y, float *restrict normal, float *restrict inverse) {
    for (long r = 0; r < rows; r++, y += columns, normal += columns) {
        float mean = NAME(sum)(columns, y) / columns;
        for (long c = 0; c < columns; c++) normal[c] = y[c] - mean;
        float variance = NAME(dot)(columns, normal, normal) / columns;
        inverse[r] = 1 / __builtin_elementwise_sqrt(variance + 1e-5f);
        for (long c = 0; c < columns; c++) {
            normal[c] *= inverse[r];
            y[c] = gain[c] * normal[c] + shift[c];
        }
    }
}

TARGET static void NAME(layer_norm_backward)(long rows, long columns, const float *restrict gain,
                                             const float *restrict normal, const float *restrict inverse,
                                             float *restrict dy, float *restrict dgain, float *restrict dshift) {
    for (long c = 0; c < columns; c++) dgain[c] = dshift[c] = 0;
    for (long r = 0; r < rows; r++, dy += columns, normal += columns) {
        for (long c = 0; c < columns; c++) {
            dshift[c] += dy[c];
            dgain[c] += dy[c] * normal[c];
            dy[c] *= gain[c];
        }
        float mean = NAME(sum)(columns, dy) / columns, slope = NAME(dot)(columns, dy, normal) / columns;
        for (long c = 0; c < columns; c++) dy[c] = (dy[c] - mean - normal[c] * slope) * inverse[r];
    }
}

TARGET static void NAME(adam)(long n, const float *restrict gradient, float scale, float rate, float beta1, float beta2,
                              float root_correction, float epsilon, float *restrict first, float *restrict second,
                              float *restrict parameters) {
    for (long i = 0; i < n; i++) {
        float g = gradient[i] * scale;
        first[i] = beta1 * first[i] + (1 - beta1) * g;
        second[i] = beta2 * second[i] + (1 - beta2) * g * g;
        parameters[i] -= rate * first[i] / (__builtin_elementwise_sqrt(second[i]) * root_correction + epsilon);
    }
}

TARGET static void NAME(rmsprop)(long n, const float *restrict gradient, float scale, float rate, float decay,
                                 float epsilon, float *restrict second, float *restrict parameters) {
    for (long i = 0; i < n; i++) {
        float g = gradient[i] * scale;
        second[i] = decay * second[i] + (1 - decay) * g * g;
        parameters[i] -= rate * g / (__builtin_elementwise_sqrt(second[i]) + epsilon);
    }
}

TARGET static void NAME(sgd)(long n, const float *restrict gradient, float scale, float rate, float momentum,
                             float *restrict velocity, float *restrict parameters) {
    for (long i = 0; i < n; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i] * scale;
        parameters[i] -= rate * velocity[i];
    }
}

TARGET static void NAME(polyak)(long n, float tau, const float *restrict source, float *restrict target) {
    for (long i = 0; i < n; i++) target[i] += tau * (source[i] - target[i]);
}

TARGET static double NAME(huber)(long n, const float *prediction, const float *target, const float *weight,
                                 float delta, float *gradient) {
    double loss = 0;
    for (long i = 0; i < n; i++) {
        float error = prediction[i] - target[i], size = error < 0 ? -error : error, w = weight ? weight[i] : 1;
        loss += w * (size <= delta ? 0.5f * error * error : delta * (size - 0.5f * delta));
        gradient[i] = w * (error > delta ? delta : error < -delta ? -delta : error) / n;
    }
    return loss / n;
}

TARGET static double NAME(squared_error)(long n, const float *prediction, const float *target, const float *weight,
                                         float *gradient) {
    double loss = 0;
    for (long i = 0; i < n; i++) {
        float error = prediction[i] - target[i], w = weight ? weight[i] : 1;
        loss += w * error * error;
        gradient[i] = 2 * w * error / n;
    }
    return loss / n;
}

#undef word
#undef lanes
#undef LANES
