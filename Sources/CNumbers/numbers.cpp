#include "numbers.h"

#include <charconv>
#include <cmath>

// The standard library's from_chars takes an eighth of strtod's time, and more than JSON allows: that is refused here.

static bool is_digit(const char *at, const char *last) { return at != last && *at >= '0' && *at <= '9'; }

const char *read_number(const char *first, const char *last, double *value, int *is_integer) {
  const char *at = first != last && *first == '-' ? first + 1 : first;
  if (!is_digit(at, last) || (*at == '0' && is_digit(at + 1, last))) return nullptr;
  const std::from_chars_result end = std::from_chars(first, last, *value);
  if (end.ec != std::errc()) return nullptr;
  while (is_digit(at, end.ptr)) ++at;
  *is_integer = at == end.ptr;
  if (*is_integer) {
    // 2^53 may be what an odd neighbour was rounded to.
    if (std::fabs(*value) >= 0x1p53) return nullptr;
    *value += 0.0; // an integer has no negative zero
  } else if (*at == '.' && !is_digit(at + 1, end.ptr)) {
    return nullptr;
  }
  return end.ptr;
}
