/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UTIL_H
#define UTIL_H

/* The number of elements of an array, not of a pointer. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
