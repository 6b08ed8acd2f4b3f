/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that the whole tree uses: cleanup by scope, and results that must not be ignored. */
#pragma once

/* Calls the destructor with the variable's address whenever the scope ends (return, break, end of
 * block). Declare the variable empty at the top of the function and fill it later. */
#define SCOPED(destructor) __attribute__((cleanup(destructor), unused))

/* The compiler reports an error when a caller ignores the result. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
