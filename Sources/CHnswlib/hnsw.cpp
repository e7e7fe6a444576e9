#include "hnsw.h"

#include <hnswlib/hnswlib.h>
#include <kernels.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace {

using hnswlib::tableint;
using Found = std::pair<float, tableint>;

// The graph is laid by distances, though a search goes to the largest inner product: that is where the nearest to a point
// infinitely far in the query's direction is, so that the links which lead to the nearest lead there, too. But what a vector
// far out is farther away than others counts for no more than a bound, for in distances alone those far out, the answers to
// most queries, have hardly any links. (A graph laid by inner products leaves those without links that others exceed, and
// bringing all vectors to one length as Bachrach 2014 finds much less where lengths differ.) All is taken about the vectors'
// center. A stored row is the vector and half its squared distance from there, so that a distance costs one product and two
// additions. Products are CKernels', for hnswlib chooses its instructions when it is compiled.
class Space : public hnswlib::SpaceInterface<float> {
public:
    explicit Space(size_t dimension) : dimension(dimension) {}
    size_t get_data_size() override { return (dimension + 1) * sizeof(float); }
    void *get_dist_func_param() override { return &dimension; }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }

private:
    size_t dimension;

    static float distance(const void *left, const void *right, const void *dimension) {
        const auto a = static_cast<const float *>(left), b = static_cast<const float *>(right);
        const auto n = *static_cast<const size_t *>(dimension);
        return a[n] + b[n] - kernel_product(static_cast<long>(n), a, b);
    }
};

// hnswlib's own search keeps its effort in the index and counts into shared memory, so that threads meet there, and it
// knows no masks: hence one of ours over its graph. For the same reason removed vectors are marked here: hnswlib's own
// marks let an insertion read beyond an empty list where all vectors near by are removed.
class Graph : public hnswlib::HierarchicalNSW<float> {
public:
    Graph(Space &space, size_t capacity, size_t links, size_t effort)
        : HierarchicalNSW(&space, capacity, links, effort), dimension(space.get_data_size() / sizeof(float) - 1) {}

    struct Masks {
        const uint8_t *one, *other;
        size_t members;
    };

    void insert(int32_t id, const float *row) {
        const auto place = label_lookup_.find(static_cast<size_t>(id));
        const bool is_new = place == label_lookup_.end();
        if (is_new && cur_element_count == max_elements_) grow(max_elements_ + max_elements_ / 4 + 64);
        const auto inserted = addPoint(row, static_cast<size_t>(id), -1);
        if (is_new) {
            levels += static_cast<size_t>(element_levels_[inserted]);
            is_present.push_back(0);
        }
        present += !is_present[inserted];
        is_present[inserted] = 1;
    }

    bool remove(int32_t id) {
        const auto place = label_lookup_.find(static_cast<size_t>(id));
        if (place == label_lookup_.end() || !is_present[place->second]) return false;
        is_present[place->second] = 0;
        present--;
        return true;
    }

    size_t count() const { return present; }

    // Nearest last. From the top layer down with many candidates, half as many as in the lowest: what an inner product is
    // large for may lie in places far from each other, and a single walk ends in one of them.
    std::priority_queue<Found> search(const float *query, size_t effort, const Masks &masks) const {
        std::priority_queue<Found> best;
        if (cur_element_count == 0) return best;
        best.emplace(distance(query, enterpoint_node_), enterpoint_node_);
        const auto walks = std::max(effort / 2, least_walks);
        for (int level = maxlevel_; level > 0; level--) best = search(query, walks, {}, level, std::move(best));
        return search(query, effort, masks, 0, std::move(best));
    }

    size_t bytes() const {
        // A hash node is a pointer and a pair in a chunk of 32 bytes; malloc rounds links to 16 with its own 8.
        const auto upper = levels * (size_links_per_element_ + 16);
        const auto lookup = label_lookup_.size() * 32 + label_lookup_.bucket_count() * sizeof(void *);
        const auto marks = is_present.capacity() + max_elements_ * sizeof(hnswlib::vl_type);
        const auto place = size_data_per_element_ + sizeof(char *) + sizeof(int) + sizeof(std::mutex);
        return max_elements_ * place + upper + lookup + marks + max_update_element_locks * sizeof(std::mutex);
    }

private:
    static constexpr size_t least_walks = 16;
    const size_t dimension;
    std::vector<uint8_t> is_present;
    size_t present = 0;
    size_t levels = 0;

    // Which vectors a search has seen; the list goes back to the pool.
    class Visits {
    public:
        explicit Visits(hnswlib::VisitedListPool &pool) : pool(pool), list(pool.getFreeVisitedList()) {}
        Visits(const Visits &) = delete;
        ~Visits() { pool.releaseVisitedList(list); }
        bool first(tableint place) { return std::exchange(list->mass[place], list->curV) != list->curV; }

    private:
        hnswlib::VisitedListPool &pool;
        hnswlib::VisitedList *list;
    };

    // The score, turned round: the very bits that exact search gives.
    float distance(const float *query, tableint place) const {
        const auto row = reinterpret_cast<const float *>(getDataByInternalId(place));
        return -kernel_product(static_cast<long>(dimension), query, row);
    }

    void prefetch(tableint place) const {
        for (size_t byte = 0; byte < data_size_; byte += 64) __builtin_prefetch(getDataByInternalId(place) + byte);
    }

    std::pair<const tableint *, size_t> links(tableint place, int level) const {
        const auto list = get_linklist_at_level(place, level);
        return {list + 1, getListCount(list)};
    }

    bool is_allowed(tableint place, const Masks &masks) const {
        if (!is_present[place]) return false;
        if (!masks.one && !masks.other) return true;
        const auto id = getExternalLabel(place);
        return id < masks.members && (!masks.one || masks.one[id]) && (!masks.other || masks.other[id]);
    }

    // The best allowed ones of a layer that the starts lead to; above the lowest, those that lead on need not be there.
    std::priority_queue<Found> search(const float *query, size_t effort, const Masks &masks, int level,
                                      std::priority_queue<Found> starts) const {
        std::priority_queue<Found> best, next;
        auto budget = std::max(cur_element_count / 8, effort * maxM0_ * 2);
        Visits visits(*visited_list_pool_);
        const auto visit = [&](tableint place, float distance) {
            // Of a query that is not of numbers.
            if (std::isnan(distance) || (best.size() == effort && distance >= best.top().first)) return;
            next.emplace(-distance, place);
            if (level == 0 && !is_allowed(place, masks)) return;
            best.emplace(distance, place);
            if (best.size() > effort) best.pop();
        };
        for (; !starts.empty(); starts.pop()) {
            visits.first(starts.top().second);
            visit(starts.top().second, starts.top().first);
        }
        while (!next.empty() && !(best.size() == effort && -next.top().first > best.top().first)) {
            const auto place = next.top().second;
            next.pop();
            const auto [neighbors, count] = links(place, level);
            for (size_t i = 0; i < count; i++) prefetch(neighbors[i]);
            for (size_t i = 0; i < count; i++) {
                if (!visits.first(neighbors[i])) continue;
                if (budget-- == 0) return best;
                visit(neighbors[i], distance(query, neighbors[i]));
            }
        }
        return best;
    }

    // As resizeIndex, but whole where memory is out half-way.
    void grow(size_t capacity) {
        auto pool = std::make_unique<hnswlib::VisitedListPool>(1, static_cast<int>(capacity));
        std::vector<std::mutex> locks(capacity);
        element_levels_.resize(capacity);
        is_present.reserve(capacity);
        const auto rows = static_cast<char *>(realloc(data_level0_memory_, capacity * size_data_per_element_));
        if (!rows) throw std::bad_alloc();
        data_level0_memory_ = rows;
        const auto lists = static_cast<char **>(realloc(linkLists_, capacity * sizeof(char *)));
        if (!lists) throw std::bad_alloc();
        linkLists_ = lists;
        link_list_locks_.swap(locks);
        delete visited_list_pool_;
        visited_list_pool_ = pool.release();
        max_elements_ = capacity;
    }
};

}  // namespace

struct hnsw {
    const std::vector<float> center;
    const float spread;
    Space space;
    Graph graph;
    mutable std::shared_mutex lock;

    hnsw(std::vector<float> middle, float spread, size_t capacity, size_t links, size_t effort)
        : center(std::move(middle)), spread(spread), space(center.size()), graph(space, capacity, links, effort) {}

    std::vector<float> stored(const float *vector) const {
        std::vector<float> row(vector, vector + center.size());
        const auto n = static_cast<long>(center.size());
        const auto middle = kernel_product(n, center.data(), center.data());
        const auto along = kernel_product(n, vector, center.data());
        const auto square = kernel_product(n, vector, vector) - 2 * along + middle;
        row.push_back(along - middle / 2 + std::min(square / 2, 4 * spread));
        return row;
    }
};

// Whatever `body` throws becomes a number.
template <typename Body>
static long guarded(Body body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return HNSW_OUT_OF_MEMORY;
    } catch (...) {
        return HNSW_FAILED;
    }
}

hnsw *hnsw_create(long dimension, const float *center, float spread, long capacity, long links, long effort) {
    hnsw *index = nullptr;
    guarded([&] {
        index = new hnsw(std::vector<float>(center, center + dimension), spread, static_cast<size_t>(capacity),
                         static_cast<size_t>(links), static_cast<size_t>(effort));
        return 0L;
    });
    return index;
}

void hnsw_destroy(hnsw *index) { delete index; }

int hnsw_insert(hnsw *index, int32_t id, const float *vector) {
    return static_cast<int>(guarded([&] {
        const auto row = index->stored(vector);
        std::unique_lock writing(index->lock);
        // What is not a number has no place in an order, nor links.
        if (std::isfinite(row.back())) {
            index->graph.insert(id, row.data());
        } else {
            index->graph.remove(id);
        }
        return 0L;
    }));
}

int hnsw_remove(hnsw *index, int32_t id) {
    return static_cast<int>(guarded([&] {
        std::unique_lock writing(index->lock);
        return index->graph.remove(id) ? 1L : 0L;
    }));
}

long hnsw_count(const hnsw *index) {
    return guarded([&] {
        std::shared_lock reading(index->lock);
        return static_cast<long>(index->graph.count());
    });
}

long hnsw_search(const hnsw *index, const float *query, long most, long effort, const uint8_t *mask,
                 const uint8_t *other_mask, long members, int32_t *ids, float *scores) {
    return guarded([&] {
        std::shared_lock reading(index->lock);
        auto found = index->graph.search(query, static_cast<size_t>(std::max(most, effort)),
                                         {mask, other_mask, static_cast<size_t>(members)});
        std::vector<std::pair<float, int32_t>> sorted;
        for (; !found.empty(); found.pop()) {
            const auto id = index->graph.getExternalLabel(found.top().second);
            sorted.emplace_back(found.top().first, static_cast<int32_t>(id));
        }
        std::sort(sorted.begin(), sorted.end());
        const auto count = std::min(static_cast<size_t>(most), sorted.size());
        for (size_t i = 0; i < count; i++) {
            scores[i] = -sorted[i].first;
            ids[i] = sorted[i].second;
        }
        return static_cast<long>(count);
    });
}

size_t hnsw_bytes(const hnsw *index) {
    return static_cast<size_t>(guarded([&] {
        std::shared_lock reading(index->lock);
        return static_cast<long>(index->graph.bytes());
    }));
}
