#pragma once
#include <stddef.h>

/// The OpenAPI document, protocol/openapi.yaml, as it was when this was built.
const unsigned char *contract_openapi(size_t *count);
