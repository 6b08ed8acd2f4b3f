#include "host/tool/visit.h"

#include <inttypes.h>
#include <time.h>

/* Which records count where. Logins are another matter: see visit_add. */
static uint64_t *counter_of(struct visit *visit, enum audit_action action)
{
    switch (action) {
    case AUDIT_KEY_GENERATED:
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
    uint64_t *counter = counter_of(visit, record->action);
    if (is_login(record) && !done)
        visit->failed_logins += record->count;
    else if (record->action == AUDIT_USER_LOGIN)
        begin_again(visit, record->time_ms);
    else if (record->action == AUDIT_SO_LOGIN)
        visit->so_login_ms = record->time_ms;
    else if (counter && done)
        *counter += record->count;
}

static void print_time(FILE *to, const char *before, uint64_t ms)
{
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm local;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &local));
    fprintf(to, "%s%s", before, text);
}

static bool print_counts(FILE *to, const struct visit *visit)
{
    const struct {
        uint64_t count;
        const char *text;
    } rows[] = {
        { visit->failed_logins, "failed logins" },
        { visit->keys_exported, "keys exported" },
        { visit->initialisations, "initialisations" },
        { visit->keys_imported, "keys imported" },
        { visit->keys_made, "keys made" },
        { visit->uses, "uses of keys" },
        { visit->files_written, "files written" },
        { visit->deleted, "files or keys deleted" },
    };
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!rows[i].count)
            continue;
        fprintf(to, "%s%s %" PRIu64, any ? ", " : "", rows[i].text, rows[i].count);
        any = true;
    }
    return any;
}

void visit_print(FILE *to, const struct visit *visit)
{
    if (visit->user_login_ms)
        print_time(to, "last user login ", visit->user_login_ms);
    else
        fputs("no user login yet", to);
    if (visit->so_login_ms)
        print_time(to, ", last SO login ", visit->so_login_ms);
    fputs("; since then: ", to);
    if (!print_counts(to, visit))
        fputs("nothing", to);
    fputc('\n', to);
}
