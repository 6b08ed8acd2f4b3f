/* SPDX-License-Identifier: Apache-2.0 */
/* The directory as a sorted array, and the changes of the open transaction, newest last, so that
 * they can be undone. */
#include "storage/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/failure.h"

enum { FIRST_ROOM = 64 };

/* The entry of a name before a change. */
struct change {
    struct entry before;
    bool existed;
};

/* --- The array --- */

static bool comes_before(const struct entry *entry, uint32_t type, uint32_t id)
{
    return entry->type < type || (entry->type == type && entry->id < id);
}

/* Index of the first entry that does not sort before this name. */
static size_t place_of(const struct directory *d, uint32_t type, uint32_t id)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (comes_before(&d->at[middle], type, id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct directory *d, size_t place, uint32_t type, uint32_t id)
{
    return place < d->count && d->at[place].type == type && d->at[place].id == id;
}

const struct entry *directory_find(const struct directory *d, uint32_t type, uint32_t id)
{
    size_t place = place_of(d, type, id);
    return is_at(d, place, type, id) ? &d->at[place] : NULL;
}

const struct entry *directory_of_type(const struct directory *d, uint32_t type, size_t *out_count)
{
    size_t first = place_of(d, type, 0), end = first;
    while (end < d->count && d->at[end].type == type)
        end++;
    *out_count = end - first;
    return d->at + first;
}

/* Inserts or replaces an entry; the array must have room for a new one. */
static void set(struct directory *d, const struct entry *entry)
{
    size_t place = place_of(d, entry->type, entry->id);
    if (!is_at(d, place, entry->type, entry->id)) {
        memmove(d->at + place + 1, d->at + place, (d->count - place) * sizeof *d->at);
        d->count++;
    }
    d->at[place] = *entry;
}

static void clear(struct directory *d, uint32_t type, uint32_t id)
{
    size_t place = place_of(d, type, id);
    if (!is_at(d, place, type, id))
        return;
    d->count--;
    memmove(d->at + place, d->at + place + 1, (d->count - place) * sizeof *d->at);
}

/* --- Room --- */

/* Makes room for one more element after count; may move the array. */
static int make_room(void **at, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return 0;
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown = calloc(more, size);
    if (!grown)
        return failure(FAULT_MEMORY, "no memory for a directory of %zu objects", more);
    if (count)
        memcpy(grown, *at, count * size);
    free(*at);
    *at = grown;
    *room = more;
    return 0;
}

static int room_for_entry(struct directory *d)
{
    void *at = d->at;
    int r = make_room(&at, &d->room, d->count, sizeof *d->at);
    d->at = at;
    return r;
}

static int room_for_change(struct directory *d)
{
    void *at = d->changes;
    int r = make_room(&at, &d->change_room, d->change_count, sizeof *d->changes);
    d->changes = at;
    return r;
}

int directory_learn(struct directory *d, const struct entry *entry)
{
    int r = room_for_entry(d);
    if (r)
        return r;
    if (directory_find(d, entry->type, entry->id))
        return DIRECTORY_DOUBLED;
    set(d, entry);
    return 0;
}

/* Removing keeps the array's memory, so that undoing never needs to allocate. */
int directory_reserve(struct directory *d)
{
    int r = room_for_entry(d);
    return r ? r : room_for_change(d);
}

/* --- Changes --- */

static void remember(struct directory *d, uint32_t type, uint32_t id)
{
    const struct entry *entry = directory_find(d, type, id);
    struct change *change = &d->changes[d->change_count++];
    *change = (struct change){ .existed = entry != NULL };
    change->before = entry ? *entry : (struct entry){ .type = type, .id = id };
}

void directory_put(struct directory *d, const struct entry *entry)
{
    remember(d, entry->type, entry->id);
    set(d, entry);
}

void directory_remove(struct directory *d, uint32_t type, uint32_t id)
{
    remember(d, type, id);
    clear(d, type, id);
}

void directory_keep(struct directory *d)
{
    d->change_count = 0;
}

void directory_undo(struct directory *d)
{
    while (d->change_count) {
        const struct change *change = &d->changes[--d->change_count];
        if (change->existed)
            set(d, &change->before);
        else
            clear(d, change->before.type, change->before.id);
    }
}

int directory_copy(const struct directory *from, struct directory *to)
{
    int r = 0;
    for (size_t i = 0; !r && i < from->count; i++)
        r = directory_learn(to, &from->at[i]);
    return r;
}

void directory_deinit(struct directory *d)
{
    free(d->at);
    free(d->changes);
    *d = (struct directory){ 0 };
}
