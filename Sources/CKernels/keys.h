// Compiled once for each variant, after scores.h: products of a query with the rows of a table that is read once, at the
// speed of memory.

#define LANES 16
#define lanes NAME(lanes)
typedef float NAME(eight) __attribute__((vector_size(8 * sizeof(float))));
typedef float NAME(four) __attribute__((vector_size(4 * sizeof(float))));

// Sixteen lanes added by halves: four steps that need not wait for those of the next row.
TARGET static inline float NAME(halved)(const lanes *x) {
    NAME(eight) e = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7) +
                    __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
    NAME(four) f = __builtin_shufflevector(e, e, 0, 1, 2, 3) + __builtin_shufflevector(e, e, 4, 5, 6, 7);
    return (f[0] + f[2]) + (f[1] + f[3]);
}

TARGET static float NAME(product)(long n, const float *x, const float *y) {
    lanes total = {0}, left, right;
    for (long i = 0; i < n; i += LANES) {
        NAME(load)(x + i, n - i, 0, &left);
        NAME(load)(y + i, n - i, 0, &right);
        total += left * right;
    }
    return NAME(halved)(&total);
}

// The same of four neighbouring rows at once, whose halves are added side by side. Where rows are whole lanes, so that none
// has a tail to ask about, it is made apart.
TARGET static inline __attribute__((always_inline)) void NAME(four_products)(long n, int is_whole, const float *x,
                                                                             const float *y, float *products) {
    lanes a = {0}, b = {0}, c = {0}, d = {0}, next, factor;
    for (long i = 0; i < n; i += LANES) {
        long left = is_whole ? LANES : n - i;
        // The processor's own guesses end at every page; asked for 4 KB ahead, memory gives a tenth more.
        for (long k = 0; k < 4; k++) __builtin_prefetch(x + 1024 + 4 * i + k * LANES);
        NAME(load)(y + i, left, 0, &factor);
        NAME(load)(x + i, left, 0, &next);
        a += next * factor;
        NAME(load)(x + n + i, left, 0, &next);
        b += next * factor;
        NAME(load)(x + 2 * n + i, left, 0, &next);
        c += next * factor;
        NAME(load)(x + 3 * n + i, left, 0, &next);
        d += next * factor;
    }
    a = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
        __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    c = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
        __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    a = __builtin_shufflevector(a, c, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
        __builtin_shufflevector(a, c, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    NAME(eight) e = __builtin_shufflevector(a, a, 0, 1, 4, 5, 8, 9, 12, 13) +
                    __builtin_shufflevector(a, a, 2, 3, 6, 7, 10, 11, 14, 15);
    NAME(four) f = __builtin_shufflevector(e, e, 0, 2, 4, 6) + __builtin_shufflevector(e, e, 1, 3, 5, 7);
    memcpy(products, &f, sizeof(f));
}

TARGET static void NAME(products)(long rows, long n, const float *x, const float *y, float *products) {
    long r = 0;
    if (n % LANES == 0)
        for (; r + 4 <= rows; r += 4) NAME(four_products)(n, 1, x + r * n, y, products + r);
    else
        for (; r + 4 <= rows; r += 4) NAME(four_products)(n, 0, x + r * n, y, products + r);
    for (; r < rows; r++) products[r] = NAME(product)(n, x + r * n, y);
}

TARGET static void NAME(mask_rows)(long rows, long stride, long n, const uint8_t *mask, long mask_stride, float *x) {
    for (long r = 0; r < rows; r++, x += stride, mask += mask_stride)
        for (long i = 0; i < n; i++) x[i] = mask[i] ? x[i] : -__builtin_inff();
}

TARGET static void NAME(row_max)(long rows, long stride, long n, const float *x, float *maxima) {
    for (long r = 0; r < rows; r++, x += stride) maxima[r] = NAME(valid_max)(n, x, 0);
}

TARGET static float NAME(exponentials)(long n, float offset, float *x) {
    for (long i = 0; i < n; i++) x[i] = NAME(exp_of)(x[i] - offset);
    return NAME(sum)(n, x);
}

#undef lanes
#undef LANES
