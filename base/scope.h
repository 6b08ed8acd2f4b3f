/* Attributes that the whole tree uses: cleanup by scope, and results that must not be ignored. */
#pragma once

/* The variable's destructor, called with its address when the scope ends, whichever way it ends.
 * Declare the variable empty at the top of the function and fill it later. */
#define SCOPED(destructor) __attribute__((cleanup(destructor), unused))

/* Ignoring the result is a compiler error. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(template, first) __attribute__((format(printf, template, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
