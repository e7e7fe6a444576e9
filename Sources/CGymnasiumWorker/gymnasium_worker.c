#include "gymnasium_worker.h"

// Part of the program, so that a Python with gymnasium is all that has to be there besides.
static const unsigned char script[] = {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
#embed "../../protocol/workers/gymnasium_worker.py"
#pragma clang diagnostic pop
};

const unsigned char *gymnasium_worker(size_t *count) {
    *count = sizeof script;
    return script;
}
