#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a C programmer would write in the place of what lamd-bench measures: the same arithmetic to the bit, the same
// duties, arrays made beforehand, compiled with -O3. Nothing but lamd-bench uses it.

// A vector of environments under next_step: an environment whose episode is over is reset by the next step, which leaves
// its action aside. Observations are rows of float32, as in Gymnasium.
typedef enum {
    REFERENCE_CART_POLE,
    REFERENCE_MOUNTAIN_CAR,
    REFERENCE_MOUNTAIN_CAR_CONTINUOUS,
    REFERENCE_PENDULUM,
    REFERENCE_ACROBOT,
} reference_kind;

// An episode that ended in the latest step.
typedef struct {
    long index;
    double sum;
    long length;
} reference_episode;

typedef struct {
    long count;
    float *observations;
    double *rewards;
    bool *terminated, *truncated, *did_reset;
    reference_episode *episodes;
    long episode_count;
    // Of each environment its state with its book-keeping, and its generator.
    void *slots;
    void *generators;
    void (*step)(void *vector, const void *actions);
} reference_vector;

// Made and reset. `words` are those of each generator's state, six a generator: state and increment (upper half first),
// then two that are not read.
reference_vector *reference_vector_make(reference_kind kind, long count, const uint64_t *words);
void reference_vector_free(reference_vector *vector);

// One step of all: `count` rows of int64 or, where actions are numbers, of float.
static inline void reference_vector_step(reference_vector *vector, const void *actions) {
    vector->step(vector, actions);
}

// An update of deep Q-learning on one batch: `inputs` numbers, two hidden layers of `width`, V and two scores (dueling).
typedef struct reference_update reference_update;

// `parameters` in the order of the layers, each its weights [inputs, outputs] and its biases; `now` and `next` are rows.
reference_update *reference_update_make(long inputs, long width, long rows, const float *parameters, const float *now,
                                        const float *next, const int32_t *choices, const float *rewards);
void reference_update_run(reference_update *update);
const float *reference_update_parameters(const reference_update *update);
void reference_update_free(reference_update *update);

// Which of the first 64 cores the calling thread may run on, one bit each; 0 where that cannot be found out.
uint64_t thread_cores(void);
// Not 0 where it failed.
int set_thread_cores(uint64_t cores);
