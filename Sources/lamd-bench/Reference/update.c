// An update of double deep Q-learning with a dueling head, on OpenBLAS.

#include "reference.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef float floats __attribute__((vector_size(64)));

#define NAME(name) name##_plain
#define TARGET
#include "loops.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "loops.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#include "loops.h"
#undef NAME
#undef TARGET

#define CALL(name, ...)                                                                                   \
    (__builtin_cpu_supports("avx512vl") ? name##_avx512(__VA_ARGS__)                                      \
     : __builtin_cpu_supports("avx2")   ? name##_avx2(__VA_ARGS__)                                        \
                                        : name##_plain(__VA_ARGS__))
#else
#define CALL(name, ...) name##_plain(__VA_ARGS__)
#endif

// V, then the scores of two actions.
enum { OUTPUTS = 3 };

typedef struct {
    float *weight1, *bias1, *weight2, *bias2, *weight3, *bias3;
} layers;

typedef struct {
    float *hidden1, *hidden2, *outputs;
} activations;

struct reference_update {
    long inputs, width, rows, parameter_count, steps;
    float *parameters, *target, *gradient, *first, *second;
    // Rows of states, then rows of those afterwards.
    float *states;
    int32_t *choices;
    float *rewards;
    activations online, judged;
    float *doutputs, *dhidden1, *dhidden2;
    float loss;
};

static layers split(const reference_update *u, float *flat) {
    layers l;
    l.weight1 = flat;
    l.bias1 = l.weight1 + u->inputs * u->width;
    l.weight2 = l.bias1 + u->width;
    l.bias2 = l.weight2 + u->width * u->width;
    l.weight3 = l.bias2 + u->width;
    l.bias3 = l.weight3 + u->width * OUTPUTS;
    return l;
}

static float *floats_of(long count) { return calloc((size_t)count, sizeof(float)); }

static activations activations_of(long rows, long width) {
    return (activations){floats_of(rows * width), floats_of(rows * width), floats_of(rows * OUTPUTS)};
}

reference_update *reference_update_make(long inputs, long width, long rows, const float *parameters, const float *now,
                                        const float *next, const int32_t *choices, const float *rewards) {
    openblas_set_num_threads(1);
    reference_update *u = calloc(1, sizeof *u);
    u->inputs = inputs, u->width = width, u->rows = rows;
    u->parameter_count = (inputs + 1) * width + (width + 1) * width + (width + 1) * OUTPUTS;
    u->parameters = floats_of(u->parameter_count);
    u->target = floats_of(u->parameter_count);
    memcpy(u->parameters, parameters, (size_t)u->parameter_count * sizeof(float));
    memcpy(u->target, parameters, (size_t)u->parameter_count * sizeof(float));
    u->gradient = floats_of(u->parameter_count);
    u->first = floats_of(u->parameter_count);
    u->second = floats_of(u->parameter_count);
    u->states = floats_of(2 * rows * inputs);
    memcpy(u->states, now, (size_t)(rows * inputs) * sizeof(float));
    memcpy(u->states + rows * inputs, next, (size_t)(rows * inputs) * sizeof(float));
    u->choices = calloc((size_t)rows, sizeof(int32_t));
    memcpy(u->choices, choices, (size_t)rows * sizeof(int32_t));
    u->rewards = floats_of(rows);
    memcpy(u->rewards, rewards, (size_t)rows * sizeof(float));
    u->online = activations_of(2 * rows, width);
    u->judged = activations_of(rows, width);
    u->doutputs = floats_of(rows * OUTPUTS);
    u->dhidden1 = floats_of(rows * width);
    u->dhidden2 = floats_of(rows * width);
    return u;
}

static void multiply(long rows, long inner, long columns, const float *a, bool transposes_a, const float *b,
                     bool transposes_b, float *product) {
    cblas_sgemm(CblasRowMajor, transposes_a ? CblasTrans : CblasNoTrans, transposes_b ? CblasTrans : CblasNoTrans,
                (int)rows, (int)columns, (int)inner, 1, a, (int)(transposes_a ? rows : inner), b,
                (int)(transposes_b ? inner : columns), 0, product, (int)columns);
}

static void forward(const reference_update *u, layers l, long rows, const float *states, activations a) {
    multiply(rows, u->inputs, u->width, states, false, l.weight1, false, a.hidden1);
    CALL(bias_relu, rows, u->width, l.bias1, a.hidden1);
    multiply(rows, u->width, u->width, a.hidden1, false, l.weight2, false, a.hidden2);
    CALL(bias_relu, rows, u->width, l.bias2, a.hidden2);
    multiply(rows, u->width, OUTPUTS, a.hidden2, false, l.weight3, false, a.outputs);
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < OUTPUTS; c++) a.outputs[r * OUTPUTS + c] += l.bias3[c];
}

// Q = V + score - mean of the scores.
static float value(const float *row, int32_t choice) { return row[0] + row[1 + choice] - 0.5f * (row[1] + row[2]); }

// The learned network chooses among what comes next, the target network judges; Huber's loss, its mean over rows.
static void judge(reference_update *u, float *dbias) {
    const float *next = u->online.outputs + u->rows * OUTPUTS;
    float loss = 0, share = 1 / (float)u->rows;
    memset(dbias, 0, OUTPUTS * sizeof(float));
    for (long r = 0; r < u->rows; r++) {
        int32_t best = next[r * OUTPUTS + 2] > next[r * OUTPUTS + 1];
        float wanted = u->rewards[r] + 0.99f * value(u->judged.outputs + r * OUTPUTS, best);
        float error = value(u->online.outputs + r * OUTPUTS, u->choices[r]) - wanted, size = fabsf(error);
        loss += size <= 1 ? 0.5f * error * error : size - 0.5f;
        float slope = (error > 1 ? 1 : error < -1 ? -1 : error) * share;
        float *row = u->doutputs + r * OUTPUTS;
        row[0] = slope;
        row[1] = row[2] = -0.5f * slope;
        row[1 + u->choices[r]] += slope;
        for (long c = 0; c < OUTPUTS; c++) dbias[c] += row[c];
    }
    u->loss = loss * share;
}

// Averages of gradients that have become zero would else end as denormal numbers, which take a hundred times as long.
#if defined(__x86_64__)
static unsigned flush_denormals(void) {
    unsigned state = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(state | 0x8040);
    return state;
}

static void restore_denormals(unsigned state) { __builtin_ia32_ldmxcsr(state); }
#else
static unsigned flush_denormals(void) { return 0; }
static void restore_denormals(unsigned state) { (void)state; }
#endif

void reference_update_run(reference_update *u) {
    unsigned state = flush_denormals();
    layers l = split(u, u->parameters), d = split(u, u->gradient);
    long rows = u->rows, width = u->width;
    forward(u, split(u, u->target), rows, u->states + rows * u->inputs, u->judged);
    forward(u, l, 2 * rows, u->states, u->online);
    judge(u, d.bias3);
    multiply(width, rows, OUTPUTS, u->online.hidden2, true, u->doutputs, false, d.weight3);
    multiply(rows, OUTPUTS, width, u->doutputs, false, l.weight3, true, u->dhidden2);
    CALL(relu_backward, rows, width, u->online.hidden2, u->dhidden2, d.bias2);
    multiply(width, rows, width, u->online.hidden1, true, u->dhidden2, false, d.weight2);
    multiply(rows, width, width, u->dhidden2, false, l.weight2, true, u->dhidden1);
    CALL(relu_backward, rows, width, u->online.hidden1, u->dhidden1, d.bias1);
    multiply(u->inputs, rows, width, u->states, true, u->dhidden1, false, d.weight1);
    float norm = CALL(norm, u->parameter_count, u->gradient);
    double steps = (double)++u->steps, correction1 = 1 - pow(0.9, steps), correction2 = 1 - pow(0.999, steps);
    CALL(adam, u->parameter_count, u->gradient, norm > 10 ? 10 / norm : 1, (float)(1e-3 / correction1),
         (float)(1 / sqrt(correction2)), u->first, u->second, u->parameters);
    restore_denormals(state);
}

const float *reference_update_parameters(const reference_update *u) { return u->parameters; }

void reference_update_free(reference_update *u) {
    float *all[] = {u->parameters,     u->target,          u->gradient,       u->first,          u->second,
                    u->states,         u->rewards,         u->online.hidden1, u->online.hidden2, u->online.outputs,
                    u->judged.hidden1, u->judged.hidden2,  u->judged.outputs, u->doutputs,       u->dhidden1,
                    u->dhidden2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    free(u->choices);
    free(u);
}
