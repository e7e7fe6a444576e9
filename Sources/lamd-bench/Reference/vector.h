#pragma once
#include "reference.h"

// PCG64 as NumPy has it.
typedef struct {
    unsigned __int128 state, increment;
} generator;

static inline double uniform(generator *g, double low, double high) {
    const unsigned __int128 multiplier = (unsigned __int128)0x2360ed051fc65da4 << 64 | 0x4385df649fccf645;
    g->state = g->state * multiplier + g->increment;
    uint64_t folded = (uint64_t)(g->state >> 64) ^ (uint64_t)g->state;
    unsigned turn = (unsigned)(g->state >> 122);
    uint64_t word = folded >> turn | folded << (-turn & 63);
    return low + (high - low) * ((double)(word >> 11) * 0x1p-53);
}

// What an action led to.
typedef struct {
    double reward;
    bool terminated;
} outcome;

// The loop over all environments of a world, made of `world##_begin(state, generator, observation)` and
// `world##_move(state, action, observation)`, which the compiler inlines.
#define DEFINE_VECTOR(world, action_type, width, limit)                                                           \
    typedef struct {                                                                                              \
        world state;                                                                                              \
        double sum;                                                                                               \
        int32_t elapsed;                                                                                          \
        bool is_active;                                                                                           \
    } world##_slot;                                                                                               \
                                                                                                                  \
    static void world##_reset(reference_vector *v, long i) {                                                      \
        world##_slot *slot = (world##_slot *)v->slots + i;                                                        \
        world##_begin(&slot->state, (generator *)v->generators + i, v->observations + i * (width));               \
        slot->sum = 0;                                                                                            \
        slot->elapsed = 0;                                                                                        \
        slot->is_active = true;                                                                                   \
        v->rewards[i] = 0;                                                                                        \
        v->terminated[i] = v->truncated[i] = false;                                                               \
    }                                                                                                             \
                                                                                                                  \
    static void world##_step(void *vector, const void *all_actions) {                                             \
        reference_vector *v = vector;                                                                             \
        const action_type *restrict actions = all_actions;                                                        \
        world##_slot *restrict slots = v->slots;                                                                  \
        float *restrict observations = v->observations;                                                           \
        double *restrict rewards = v->rewards;                                                                    \
        bool *restrict terminated = v->terminated, *restrict truncated = v->truncated;                            \
        bool *restrict did_reset = v->did_reset;                                                                  \
        const long count = v->count;                                                                              \
        long episodes = 0;                                                                                        \
        for (long i = 0; i < count; i++) {                                                                        \
            world##_slot *slot = slots + i;                                                                       \
            did_reset[i] = !slot->is_active;                                                                      \
            if (!slot->is_active) {                                                                               \
                world##_reset(v, i);                                                                              \
                continue;                                                                                         \
            }                                                                                                     \
            outcome o = world##_move(&slot->state, actions[i], observations + i * (width));                       \
            slot->sum += o.reward;                                                                                \
            slot->elapsed++;                                                                                      \
            rewards[i] = o.reward;                                                                                \
            terminated[i] = o.terminated;                                                                         \
            truncated[i] = slot->elapsed >= (limit);                                                              \
            if (o.terminated || slot->elapsed >= (limit)) {                                                       \
                slot->is_active = false;                                                                          \
                v->episodes[episodes++] = (reference_episode){i, slot->sum, slot->elapsed};                       \
            }                                                                                                     \
        }                                                                                                         \
        v->episode_count = episodes;                                                                              \
    }
