#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Reads the number that JSON's grammar has at `first` (RFC 8259, 6), rounded to the nearest double, and says whether it is
// written without fraction and exponent. Returns where it ends; null where there is none, where it is beyond a double's
// range, and where it is an integer that a double may not hold exactly.
const char *read_number(const char *first, const char *last, double *value, int *is_integer);

#ifdef __cplusplus
}
#endif
