#pragma once
#include <stddef.h>
#include <stdint.h>

// A graph of vectors in which those with a large inner product with a query are found without looking at all of them:
// hnswlib (Malkov and Yashunin 2016), behind functions that throw nothing. Several threads may call at once.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hnsw hnsw;

enum { HNSW_FAILED = -1, HNSW_OUT_OF_MEMORY = -2 };

// `links` neighbours a vector, twice as many in the lowest layer, chosen from `effort` candidates; `center` is about the
// mean of the vectors to come, `spread` that of their squared distances from it. Null where memory is out.
hnsw *hnsw_create(long dimension, const float *center, float spread, long capacity, long links, long effort);
void hnsw_destroy(hnsw *index);

// Puts a vector in, or another in its place; one that is not finite is removed instead. 0, or what went wrong.
int hnsw_insert(hnsw *index, int32_t id, const float *vector);
// 1 where there was such a vector, else 0. Its place is kept for the next vector of that id.
int hnsw_remove(hnsw *index, int32_t id);
// How many vectors there are.
long hnsw_count(const hnsw *index);

// The best `most` of about `effort` candidates, best first, to ids and scores; of equals the lowest id first. Where a mask
// is not null, only ids below `members` are found whose byte in it is not zero. Gives up where it has seen an eighth of
// all vectors. How many were found, or what went wrong.
long hnsw_search(const hnsw *index, const float *query, long most, long effort, const uint8_t *mask,
                 const uint8_t *other_mask, long members, int32_t *ids, float *scores);

// All memory that the index takes, its copy of the vectors among it.
size_t hnsw_bytes(const hnsw *index);

#ifdef __cplusplus
}
#endif
