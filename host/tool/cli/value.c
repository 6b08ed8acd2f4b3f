/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "host/tool/cli/exits.h"
#include "host/tool/cli/terminal_text.h"

const char *value_text(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

int64_t value_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool value_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

struct span value_span(const json_t *string)
{
    return json_is_string(string) ? span_of(json_string_value(string), json_string_length(string))
                                  : (struct span){ 0 };
}

int value_print(json_t *value)
{
    int status = text_json(stdout, value);
    json_decref(value);
    return status;
}

static void wipe(json_t *value)
{
    size_t index;
    const char *key;
    json_t *member;
    if (json_is_string(value))
        secret_wipe((char *)json_string_value(value), json_string_length(value));
    json_array_foreach(value, index, member) wipe(member);
    json_object_foreach(value, key, member) wipe(member);
}

int value_print_secret(json_t *value)
{
    int status = text_json(stdout, value);
    wipe(value);
    json_decref(value);
    return status;
}
