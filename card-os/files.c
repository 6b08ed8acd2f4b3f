#include "card-os/files.h"

/* First match wins: single files before their class. */
static const struct file_class classes[] = {
    { "device certificates", 0x2F02, 0xFFFF, ANYONE, NEVER, NEVER, 0 },
    { "token information", 0x2F03, 0xFFFF, ANYONE, USER, USER, 0 },
    { "device key", 0xCC00, 0xFFFF, NEVER, NEVER, NEVER, 0 },
    { "key", 0xCC00, 0xFF00, NEVER, NEVER, USER, 0 },
    { "key description", 0xC400, 0xFF00, ANYONE, USER, USER, 0 },
    { "certificate or request", 0xCE00, 0xFF00, ANYONE, USER, USER, 0 },
    { "certificate description", 0xC800, 0xFF00, ANYONE, USER, USER, 0 },
    { "CA certificate", 0xCA00, 0xFF00, ANYONE, USER, USER, 0 },
    { "data description", 0xC900, 0xFF00, ANYONE, USER, USER, 0 },
    { "public data", 0xCF00, 0xFF00, ANYONE, USER, USER, 0 },
    { "confidential data", 0xCD00, 0xFF00, USER, USER, USER, AUDIT_FILE_READ },
    { "configuration", 0xCB00, 0xFF00, ANYONE, USER, USER, 0 },
};

const struct file_class *file_class_of(uint16_t file)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if ((file & classes[i].mask) == classes[i].id)
            return &classes[i];
    return NULL;
}

size_t file_class_count(void)
{
    return COUNT_OF(classes);
}

const struct file_class *file_class_at(size_t index)
{
    return &classes[index];
}

bool file_command(const struct command *row)
{
    return row->rule == FILE_READ || row->rule == FILE_WRITE || row->rule == FILE_DELETE;
}

uint16_t file_addressed(const struct call *c)
{
    if (c->row->rule != FILE_DELETE)
        return call_file(c);
    struct reader in = call_data(c);
    return read_u16(&in);
}
