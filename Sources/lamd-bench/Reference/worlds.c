// Gymnasium's classic control, its arithmetic to the bit: powers of numpy's scalars are libm's, not products. What each
// environment can be made with is part of its state, as it is in lamd.

#define _GNU_SOURCE
#include "vector.h"

#include <math.h>
#include <stdlib.h>

#pragma STDC FP_CONTRACT OFF

// The compiler cannot know it: it would turn pow(x, 2) into x * x, which rounds differently.
static volatile double opaque_two = 2;

static inline double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

// Cart pole.

typedef struct {
    double position, velocity, angle, angular_velocity;
    bool has_sutton_barto_reward;
} cart_pole;

static inline void cart_pole_observe(const cart_pole *s, float *restrict observation) {
    observation[0] = (float)s->position;
    observation[1] = (float)s->velocity;
    observation[2] = (float)s->angle;
    observation[3] = (float)s->angular_velocity;
}

static inline void cart_pole_begin(cart_pole *s, generator *g, float *restrict observation) {
    s->position = uniform(g, -0.05, 0.05);
    s->velocity = uniform(g, -0.05, 0.05);
    s->angle = uniform(g, -0.05, 0.05);
    s->angular_velocity = uniform(g, -0.05, 0.05);
    cart_pole_observe(s, observation);
}

static inline outcome cart_pole_move(cart_pole *s, int64_t action, float *restrict observation) {
    const double pole_mass = 0.1, total_mass = 1.1, length = 0.5, pole_mass_length = pole_mass * length, dt = 0.02;
    const double max_angle = 12 * 2 * M_PI / 360;
    double force = action == 1 ? 10.0 : -10.0, sine, cosine;
    sincos(s->angle, &sine, &cosine);
    double push = (force + pole_mass_length * (s->angular_velocity * s->angular_velocity) * sine) / total_mass;
    double angular_acceleration =
        (9.8 * sine - cosine * push) / (length * (4.0 / 3.0 - pole_mass * (cosine * cosine) / total_mass));
    double acceleration = push - pole_mass_length * angular_acceleration * cosine / total_mass;
    s->position += dt * s->velocity;
    s->velocity += dt * acceleration;
    s->angle += dt * s->angular_velocity;
    s->angular_velocity += dt * angular_acceleration;
    cart_pole_observe(s, observation);
    bool terminated = fabs(s->position) > 2.4 || fabs(s->angle) > max_angle;
    return (outcome){s->has_sutton_barto_reward ? (terminated ? -1 : 0) : 1, terminated};
}

DEFINE_VECTOR(cart_pole, int64_t, 4, 500)

// Mountain car.

typedef struct {
    double position, velocity, goal_velocity;
} mountain_car;

static inline void mountain_car_observe(const mountain_car *s, float *restrict observation) {
    observation[0] = (float)s->position;
    observation[1] = (float)s->velocity;
}

static inline void mountain_car_begin(mountain_car *s, generator *g, float *restrict observation) {
    s->position = uniform(g, -0.6, -0.4);
    s->velocity = 0;
    mountain_car_observe(s, observation);
}

static inline outcome mountain_car_move(mountain_car *s, int64_t action, float *restrict observation) {
    s->velocity = clip(s->velocity + ((double)(action - 1) * 0.001 + cos(3 * s->position) * -0.0025), -0.07, 0.07);
    s->position = clip(s->position + s->velocity, -1.2, 0.6);
    if (s->position == -1.2 && s->velocity < 0) s->velocity = 0;
    mountain_car_observe(s, observation);
    return (outcome){-1, s->position >= 0.5 && s->velocity >= s->goal_velocity};
}

DEFINE_VECTOR(mountain_car, int64_t, 2, 200)

// Mountain car with a number for its action: float64 after a reset, float32 from the first step on.

typedef struct {
    double position, velocity, goal_velocity;
    bool has_stepped;
} continuous_car;

static inline void continuous_car_begin(continuous_car *s, generator *g, float *restrict observation) {
    s->position = uniform(g, -0.6, -0.4);
    s->velocity = 0;
    s->has_stepped = false;
    observation[0] = (float)s->position;
    observation[1] = 0;
}

#define ADVANCE(real)                                                                                             \
    real position = (real)s->position, velocity = (real)s->velocity;                                              \
    const real max_speed = (real)0.07, lowest = (real)-1.2, highest = (real)0.6;                                  \
    velocity += (real)(force * 0.0015f - (float)(0.0025 * cos((double)(3 * position))));                          \
    velocity = velocity < -max_speed ? -max_speed : velocity > max_speed ? max_speed : velocity;                  \
    position += velocity;                                                                                         \
    position = position < lowest ? lowest : position > highest ? highest : position;                              \
    if (position == lowest && velocity < 0) velocity = 0;                                                         \
    s->position = (float)position;                                                                                \
    s->velocity = (float)velocity;                                                                                \
    terminated = position >= (real)0.45 && velocity >= (real)s->goal_velocity;

static inline outcome continuous_car_move(continuous_car *s, float action, float *restrict observation) {
    float force = action < -1 ? -1 : action > 1 ? 1 : action;
    bool terminated;
    if (s->has_stepped) {
        ADVANCE(float)
    } else {
        ADVANCE(double)
    }
    s->has_stepped = true;
    observation[0] = (float)s->position;
    observation[1] = (float)s->velocity;
    return (outcome){(terminated ? 100 : 0) - (double)action * (double)action * 0.1, terminated};
}

DEFINE_VECTOR(continuous_car, float, 2, 999)

// Pendulum.

typedef struct {
    double angle, velocity, gravity;
} pendulum;

static inline void pendulum_observe(const pendulum *s, float *restrict observation) {
    double sine, cosine;
    sincos(s->angle, &sine, &cosine);
    observation[0] = (float)cosine;
    observation[1] = (float)sine;
    observation[2] = (float)s->velocity;
}

static inline void pendulum_begin(pendulum *s, generator *g, float *restrict observation) {
    s->angle = uniform(g, -M_PI, M_PI);
    s->velocity = uniform(g, -1, 1);
    s->gravity = 10;
    pendulum_observe(s, observation);
}

static inline outcome pendulum_move(pendulum *s, float action, float *restrict observation) {
    const double two = opaque_two;
    float torque = action < -2 ? -2 : action > 2 ? 2 : action;
    double rest = fmod(s->angle + M_PI, 2 * M_PI);
    double lean = (rest < 0 ? rest + 2 * M_PI : rest) - M_PI;
    double cost = pow(lean, two) + 0.1 * pow(s->velocity, two) + (double)(0.001f * powf(torque, (float)two));
    s->velocity = clip(s->velocity + (3 * s->gravity / 2 * sin(s->angle) + (double)(3 * torque)) * 0.05, -8, 8);
    s->angle += s->velocity * 0.05;
    pendulum_observe(s, observation);
    return (outcome){-cost, false};
}

DEFINE_VECTOR(pendulum, float, 3, 200)

// Acrobot.

typedef struct {
    double angle1, angle2, velocity1, velocity2;
} acrobot;

static inline double acrobot_observe(const acrobot *s, float *restrict observation) {
    double sine1, cosine1, sine2, cosine2;
    sincos(s->angle1, &sine1, &cosine1);
    sincos(s->angle2, &sine2, &cosine2);
    observation[0] = (float)cosine1;
    observation[1] = (float)sine1;
    observation[2] = (float)cosine2;
    observation[3] = (float)sine2;
    observation[4] = (float)s->velocity1;
    observation[5] = (float)s->velocity2;
    return cosine1;
}

static inline void acrobot_begin(acrobot *s, generator *g, float *restrict observation) {
    s->angle1 = (float)uniform(g, -0.1, 0.1);
    s->angle2 = (float)uniform(g, -0.1, 0.1);
    s->velocity1 = (float)uniform(g, -0.1, 0.1);
    s->velocity2 = (float)uniform(g, -0.1, 0.1);
    acrobot_observe(s, observation);
}

static inline acrobot acrobot_slope(acrobot s, double torque, double two) {
    double sine2, cosine2;
    sincos(s.angle2, &sine2, &cosine2);
    double inertia1 = 0.25 + (1 + 0.25 + 2 * 0.5 * cosine2) + 1 + 1;
    double inertia2 = 0.25 + 0.5 * cosine2 + 1;
    double pull2 = 0.5 * 9.8 * cos(s.angle1 + s.angle2 - M_PI / 2);
    double pull1 = -0.5 * pow(s.velocity2, two) * sine2 - 2 * 0.5 * s.velocity2 * s.velocity1 * sine2 +
                   (0.5 + 1) * 9.8 * cos(s.angle1 - M_PI / 2) + pull2;
    double acceleration2 =
        (torque + inertia2 / inertia1 * pull1 - 0.5 * pow(s.velocity1, two) * sine2 - pull2) /
        (0.25 + 1 - pow(inertia2, two) / inertia1);
    double acceleration1 = -(inertia2 * acceleration2 + pull1) / inertia1;
    return (acrobot){s.velocity1, s.velocity2, acceleration1, acceleration2};
}

static inline acrobot acrobot_plus(acrobot s, double factor, acrobot k) {
    return (acrobot){s.angle1 + factor * k.angle1, s.angle2 + factor * k.angle2, s.velocity1 + factor * k.velocity1,
                     s.velocity2 + factor * k.velocity2};
}

static inline double wrap(double angle) {
    while (angle > M_PI) angle -= 2 * M_PI;
    while (angle < -M_PI) angle += 2 * M_PI;
    return angle;
}

static inline outcome acrobot_move(acrobot *s, int64_t action, float *restrict observation) {
    const double dt = 0.2, two = opaque_two, torque = (double)(action - 1);
    acrobot k1 = acrobot_slope(*s, torque, two);
    acrobot k2 = acrobot_slope(acrobot_plus(*s, dt / 2, k1), torque, two);
    acrobot k3 = acrobot_slope(acrobot_plus(*s, dt / 2, k2), torque, two);
    acrobot k4 = acrobot_slope(acrobot_plus(*s, dt, k3), torque, two);
#define MEAN(x) (s->x + dt / 6 * (k1.x + 2 * k2.x + 2 * k3.x + k4.x))
    s->angle1 = wrap(MEAN(angle1));
    s->angle2 = wrap(MEAN(angle2));
    s->velocity1 = clip(MEAN(velocity1), -4 * M_PI, 4 * M_PI);
    s->velocity2 = clip(MEAN(velocity2), -9 * M_PI, 9 * M_PI);
#undef MEAN
    double cosine1 = acrobot_observe(s, observation);
    bool terminated = -cosine1 - cos(s->angle2 + s->angle1) > 1;
    return (outcome){terminated ? 0 : -1, terminated};
}

DEFINE_VECTOR(acrobot, int64_t, 6, 500)

#define MAKE(world, columns)                                       \
    width = columns;                                               \
    v->slots = calloc((size_t)count, sizeof(world##_slot));        \
    v->step = world##_step;                                        \
    reset = world##_reset;                                         \
    break;

reference_vector *reference_vector_make(reference_kind kind, long count, const uint64_t *words) {
    reference_vector *v = calloc(1, sizeof *v);
    void (*reset)(reference_vector *, long);
    size_t width = 0, n = (size_t)count;
    switch (kind) {
    case REFERENCE_CART_POLE: MAKE(cart_pole, 4)
    case REFERENCE_MOUNTAIN_CAR: MAKE(mountain_car, 2)
    case REFERENCE_MOUNTAIN_CAR_CONTINUOUS: MAKE(continuous_car, 2)
    case REFERENCE_PENDULUM: MAKE(pendulum, 3)
    case REFERENCE_ACROBOT: MAKE(acrobot, 6)
    default: abort();
    }
    v->count = count;
    v->observations = calloc(n * width, sizeof(float));
    v->rewards = calloc(n, sizeof(double));
    v->terminated = calloc(n, sizeof(bool));
    v->truncated = calloc(n, sizeof(bool));
    v->did_reset = calloc(n, sizeof(bool));
    v->episodes = calloc(n, sizeof(reference_episode));
    generator *generators = calloc(n, sizeof(generator));
    v->generators = generators;
    for (long i = 0; i < count; i++, words += 6) {
        generators[i].state = (unsigned __int128)words[0] << 64 | words[1];
        generators[i].increment = (unsigned __int128)words[2] << 64 | words[3];
        reset(v, i);
    }
    return v;
}

void reference_vector_free(reference_vector *v) {
    free(v->observations);
    free(v->rewards);
    free(v->terminated);
    free(v->truncated);
    free(v->did_reset);
    free(v->episodes);
    free(v->slots);
    free(v->generators);
    free(v);
}
