/* SPDX-License-Identifier: Apache-2.0 */
/* Counts log records for the summary of a visit. */
#include "formats/visit.h"

/* The counter that an action adds to: failures of logins, successes of all else. */
static const size_t counters[] = {
#define X(number, name, durability, quota, notice, joining, counter, ...)                          \
    [number] = offsetof(struct visit, counter),
    AUDIT_ACTIONS(X)
#undef X
};

static uint64_t *counter_of(struct visit *visit, const struct audit_record *record)
{
    if (!audit_action_text(record->action))
        return &visit->uncounted;
    uint64_t *counter = (uint64_t *)(void *)((char *)visit + counters[record->action]);
    bool unasked = counter == &visit->shares_imported && record->role == AUDIT_NOBODY;
    return unasked ? &visit->shares_unasked : counter;
}

static void begin_again(struct visit *visit, uint64_t now_ms)
{
    *visit = (struct visit){ .user_login_ms = now_ms, .so_login_ms = visit->so_login_ms };
}

/* Whether the record writes to a file. Hosts write long ones in parts, with a record each. */
static bool writes(const struct audit_record *record)
{
    return record->sw == 0x9000 &&
           (record->action == AUDIT_FILE_WRITTEN || record->action == AUDIT_CERTIFICATE_WRITTEN);
}

static bool goes_on_writing(struct visit *visit, const struct audit_record *record)
{
    uint16_t before = visit->being_written;
    visit->being_written = writes(record) ? record->object : 0;
    return before && visit->being_written == before;
}

void visit_add(struct visit *visit, const struct audit_record *record)
{
    if (goes_on_writing(visit, record))
        return;
    bool done = record->sw == 0x9000;
    uint64_t *counter = counter_of(visit, record);
    bool login = counter == &visit->failed_logins;
    if (login != done)
        *counter += record->count;
    else if (record->action == AUDIT_USER_LOGIN)
        begin_again(visit, record->time_ms);
    else if (record->action == AUDIT_SO_LOGIN)
        visit->so_login_ms = record->time_ms;
}
