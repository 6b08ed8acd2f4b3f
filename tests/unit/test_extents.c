/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a file that have blocks. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/extents.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

enum { FAR = 1 << 20, BLOCK = 4096 };

struct seen {
    unsigned parts, most;
    off_t bytes, first, last;
};

static bool note(void *context, off_t from, off_t to)
{
    struct seen *seen = context;
    ck_assert_int_lt(from, to);
    ck_assert_int_ge(from, seen->last); /* in order */
    if (seen->parts++ == 0)
        seen->first = from;
    seen->bytes += to - from;
    seen->last = to;
    return seen->parts < seen->most;
}

/* A block at the beginning and one far behind it, of a file that says it is a thousand times as
 * long. */
static int make_sparse(const struct folder *folder)
{
    static const uint8_t block[BLOCK] = { 1 };
    int file = open(folder_file(folder, "sparse").text, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, block, BLOCK, 0), BLOCK);
    ck_assert_int_eq(pwrite(file, block, BLOCK, FAR), BLOCK);
    ck_assert_int_eq(ftruncate(file, (off_t)FAR * 1000), 0);
    return file;
}

START_TEST(holes_are_left_out)
{
    struct folder folder = folder_make();
    struct seen seen = { .most = 100 };
    int file = make_sparse(&folder);
    ck_assert(extents_each(file, (off_t)FAR * 1000, note, &seen));
    ck_assert_int_eq(seen.first, 0);
    ck_assert_int_ge(seen.last, FAR + BLOCK);
    ck_assert_int_lt(seen.bytes, FAR); /* whatever the blocks of the file system */
    close(file);
    folder_remove(&folder);
}
END_TEST

START_TEST(no_more_is_visited_than_asked_for)
{
    struct folder folder = folder_make();
    struct seen seen = { .most = 100 };
    int file = make_sparse(&folder);
    ck_assert(extents_each(file, 10, note, &seen));
    ck_assert_uint_eq(seen.parts, 1);
    ck_assert_int_eq(seen.bytes, 10);
    seen = (struct seen){ .most = 100 };
    ck_assert(extents_each(file, 0, note, &seen));
    ck_assert_uint_eq(seen.parts, 0);
    close(file);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_visitor_can_end_it)
{
    struct folder folder = folder_make();
    struct seen seen = { .most = 1 };
    int file = make_sparse(&folder);
    ck_assert(!extents_each(file, (off_t)FAR * 1000, note, &seen));
    ck_assert_uint_eq(seen.parts, 1);
    close(file);
    folder_remove(&folder);
}
END_TEST

/* Where the file system does not tell, it is one part: a pipe cannot be asked. */
START_TEST(what_cannot_be_asked_is_one_part)
{
    struct seen seen = { .most = 100 };
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(extents_each(ends[0], 100, note, &seen));
    ck_assert_uint_eq(seen.parts, 1);
    ck_assert_int_eq(seen.bytes, 100);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

int main(void)
{
    return RUN_TESTS("extents", holes_are_left_out, no_more_is_visited_than_asked_for,
                     a_visitor_can_end_it, what_cannot_be_asked_is_one_part);
}
