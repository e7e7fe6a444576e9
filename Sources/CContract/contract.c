#include "contract.h"

// Part of the program, so that a single file serves its own contract.
static const unsigned char openapi[] = {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
#embed "../../protocol/openapi.yaml"
#pragma clang diagnostic pop
};

const unsigned char *contract_openapi(size_t *count) {
    *count = sizeof openapi;
    return openapi;
}
