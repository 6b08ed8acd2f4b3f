/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/build_id.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#define ALIGNED(size) (((size_t)(size) + 3) & ~(size_t)3)

static struct span find_in_notes(const uint8_t *at, size_t size)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)at;
        const uint8_t *name = at + sizeof *note, *content = name + ALIGNED(note->n_namesz);
        size_t whole = (size_t)(content - at) + ALIGNED(note->n_descsz);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            strcmp((const char *)name, "GNU") == 0)
            return span_of(content, note->n_descsz);
        if (whole > size)
            break;
        at += whole;
        size -= whole;
    }
    return (struct span){ 0 };
}

/* For dl_iterate_phdr(3): the first object is the program itself. */
static int look(struct dl_phdr_info *object, size_t size, void *context)
{
    struct span *found = context;
    (void)size;
    for (size_t i = 0; i < object->dlpi_phnum && !found->size; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_NOTE)
            *found =
                find_in_notes((const uint8_t *)object->dlpi_addr + part->p_vaddr, part->p_memsz);
    }
    return 1;
}

struct span build_id(void)
{
    struct span found = { 0 };
    dl_iterate_phdr(look, &found);
    return found;
}
