/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/status.h"

#include <unistd.h>

#include "base/clock.h"

static json_t *command_object(const struct token_page *page)
{
    if (!page->running)
        return json_null();
    return json_pack("{s:s,s:I}", "name", page->command ? page->command : "unknown", "running_ms",
                     (json_int_t)((now_us() - page->running_since_us) / 1000));
}

static json_t *store_object(const struct store_facts *store)
{
    return json_pack("{s:b,s:I,s:I,s:i,s:s,s:b}", "ephemeral", store->ephemeral, "objects",
                     (json_int_t)store->objects, "generation", (json_int_t)store->generation,
                     "boot", (int)store->boot, "incarnation",
                     hex_of(SPAN_OF(store->incarnation)).text, "usable", store->usable);
}

static json_t *dkek_object(const struct dkek_facts *dkek)
{
    return dkek->exists ? json_pack("{s:i,s:i,s:i}", "shares", dkek->shares, "missing",
                                    dkek->missing, "without_login", dkek->unasked)
                        : json_null();
}

static json_t *log_object(const struct audit_head *log)
{
    return json_pack("{s:I,s:s,s:I,s:I,s:I}", "size", (json_int_t)log->size, "root",
                     hex_of(SPAN_OF(log->root)).text, "pruned", (json_int_t)log->pruned,
                     "acknowledged", (json_int_t)log->acknowledged, "epoch",
                     (json_int_t)log->epoch);
}

static const char *anchor_text(const struct store_facts *store)
{
    if (store->ephemeral)
        return "none";
    return store->anchor_beside_store ? "beside the store" : "elsewhere";
}

json_t *status_object(const struct status_sources *from)
{
    struct token_page page = token_page(from->token);
    return json_pack("{s:s,s:s,s:b,s:o,s:i,s:s,s:I,s:i,s:b,s:o,s:o,s:I,s:o,s:s,s:b,s:b,s:b,s:b}",
                     "name", from->config->name, "serial", page.serial, "strict", page.strict,
                     "dkek", dkek_object(&page.dkek), "pid", (int)getpid(), "version", VERSION,
                     "since_ms", (json_int_t)from->since_ms, "port", (int)from->config->port,
                     "attached", page.attached, "command", command_object(&page), "store",
                     store_object(&page.store), "capacity", (json_int_t)from->config->capacity,
                     "log", log_object(&page.log), "anchor", anchor_text(&page.store),
                     "memory_locked", from->memory_locked, "secrets_locked",
                     !secret_locking_failed(), "filter", from->filtered, "files", from->confined);
}
