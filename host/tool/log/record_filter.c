/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/record_filter.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"

#define ACTION_NUMBERS 65536 /* the numbers of actions are below */

static bool is_export(enum audit_action action)
{
    enum audit_keys keys = audit_traits_of(action)->keys;
    return keys == AUDIT_EXPORTED || keys == AUDIT_COPIED;
}

static bool is_login(enum audit_action action)
{
    return action == AUDIT_USER_LOGIN || action == AUDIT_SO_LOGIN ||
           action == AUDIT_CUSTODIAN_LOGIN;
}

static bool of_wanted_kind(const struct record_filter *filter, enum audit_action action)
{
    bool any = !filter->exports && !filter->logins;
    return any || (filter->exports && is_export(action)) || (filter->logins && is_login(action));
}

bool record_wanted(const struct record_filter *filter, const struct audit_record *record)
{
    struct span key = span_part(SPAN_OF(record->key), 0, filter->key_size);
    return of_wanted_kind(filter, record->action) &&
           (!filter->action || record->action == filter->action) &&
           (!filter->one_role || record->role == filter->role) &&
           (!filter->refused || record->sw != 0x9000) && record->time_ms >= filter->since_ms &&
           (!filter->until_ms || record->time_ms <= filter->until_ms) &&
           span_equal(key, span_of(filter->key, filter->key_size));
}

static bool read_number(const char *text, uint64_t *out)
{
    struct reader in = reader_of(span_of_text(text));
    *out = read_decimal(&in);
    return read_finished(&in);
}

bool record_filter_action(const char *text, struct record_filter *out)
{
    uint64_t number;
    if (read_number(text, &number)) {
        out->action = (enum audit_action)number;
        return number > 0 && number < ACTION_NUMBERS;
    }
    for (int action = 1; action < ACTION_NUMBERS; action++) {
        const char *name = audit_action_text((enum audit_action)action);
        if (!name || strcasecmp(name, text) != 0)
            continue;
        out->action = (enum audit_action)action;
        return true;
    }
    return false;
}

void record_filter_actions(const char *out[RECORD_ACTIONS_MAX + 1])
{
    size_t count = 0;
    for (int action = 1; action < ACTION_NUMBERS && count < RECORD_ACTIONS_MAX; action++) {
        const char *name = audit_action_text((enum audit_action)action);
        if (name)
            out[count++] = name;
    }
    out[count] = NULL;
}

bool record_filter_role(const char *text, struct record_filter *out)
{
    out->one_role = true;
    for (out->role = AUDIT_NOBODY; out->role <= AUDIT_SYSTEM; out->role++)
        if (strcmp(audit_role_text(out->role), text) == 0)
            return true;
    return false;
}

const char *record_filter_key(const char *text, void *to)
{
    struct record_filter *out = to;
    struct writer key = WRITER_OF(out->key);
    bool good = hex_decode(text, &key);
    out->key_size = key.size;
    return good && key.size ? NULL : "no key: the first hexadecimal digits of one, in pairs";
}

const char *record_filter_time(const char *text, void *to)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                                         "%Y-%m-%dT%H:%M:%S" };
    static const char wrong[] =
        "no time: 2026-11-24, \"2026-11-24 10:30\", or @ and seconds since "
        "1970";
    uint64_t *out_ms = to;
    if (*text == '@')
        return read_number(text + 1, out_ms) && !__builtin_mul_overflow(*out_ms, 1000u, out_ms)
                   ? NULL
                   : wrong;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct tm local = { .tm_isdst = -1 };
        const char *end = strptime(text, forms[i], &local);
        time_t seconds = end && !*end ? mktime(&local) : -1;
        if (seconds < 0)
            continue;
        *out_ms = (uint64_t)seconds * 1000;
        return NULL;
    }
    return wrong;
}
