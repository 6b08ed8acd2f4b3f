/* Counts log records for the summary of a visit. */
#include "formats/visit.h"

/* Which actions count in which counter. Logins are handled in visit_add(). */
static uint64_t *counter_of(struct visit *visit, const struct audit_record *record)
{
    switch (record->action) {
    case AUDIT_KEY_GENERATED:
    case AUDIT_KEY_DERIVED:
        return &visit->keys_made;
    case AUDIT_FILE_WRITTEN:
    case AUDIT_CERTIFICATE_WRITTEN:
        return &visit->files_written;
    case AUDIT_FILE_DELETED:
        return &visit->deleted;
    case AUDIT_SIGN:
    case AUDIT_DECIPHER:
    case AUDIT_CIPHER:
    case AUDIT_DERIVE:
        return &visit->uses;
    case AUDIT_KEY_EXPORTED:
        return &visit->keys_exported;
    case AUDIT_KEY_IMPORTED:
        return &visit->keys_imported;
    case AUDIT_DKEK_SHARE:
        return record->role == AUDIT_NOBODY ? &visit->shares_unasked : &visit->shares_imported;
    case AUDIT_INITIALIZE:
        return &visit->initialisations;
    default:
        return NULL;
    }
}

static bool is_login(const struct audit_record *record)
{
    return record->action == AUDIT_USER_LOGIN || record->action == AUDIT_SO_LOGIN;
}

static void begin_again(struct visit *visit, uint64_t now_ms)
{
    *visit = (struct visit){ .user_login_ms = now_ms, .so_login_ms = visit->so_login_ms };
}

void visit_add(struct visit *visit, const struct audit_record *record)
{
    bool done = record->sw == 0x9000;
    uint64_t *counter = counter_of(visit, record);
    if (is_login(record) && !done)
        visit->failed_logins += record->count;
    else if (record->action == AUDIT_USER_LOGIN)
        begin_again(visit, record->time_ms);
    else if (record->action == AUDIT_SO_LOGIN)
        visit->so_login_ms = record->time_ms;
    else if (counter && done)
        *counter += record->count;
}
