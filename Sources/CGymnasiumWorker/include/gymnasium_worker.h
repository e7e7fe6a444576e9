#pragma once
#include <stddef.h>

/// protocol/workers/gymnasium_worker.py as it was when this was built.
const unsigned char *gymnasium_worker(size_t *count);
