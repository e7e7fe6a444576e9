#pragma once

// Swift's Glibc leaves it out.
#include <malloc.h>
