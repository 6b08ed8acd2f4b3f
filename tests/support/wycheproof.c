/* Reading Wycheproof files. TEST_VECTORS, the path of tests/vectors, comes from meson. */
#include "tests/support/wycheproof.h"

#include <check.h>
#include <limits.h>

size_t wycheproof_each(const char *file, wycheproof_use *use, void *context)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/wycheproof/%s", TEST_VECTORS, file);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    ck_assert_msg(root != NULL, "%s: %s", file, error.text);

    size_t group_index, test_index, count = 0;
    json_t *group, *test;
    json_array_foreach(json_object_get(root, "testGroups"), group_index, group)
    {
        json_array_foreach(json_object_get(group, "tests"), test_index, test)
        {
            use(context, group, test);
            count++;
        }
    }
    json_decref(root);
    return count;
}

const char *wycheproof_text(json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    ck_assert_msg(text != NULL, "no field \"%s\"", field);
    return text;
}

struct span wycheproof_bytes(json_t *object, const char *field, struct writer *storage)
{
    size_t before = storage->size;
    ck_assert_msg(hex_decode(wycheproof_text(object, field), storage), "\"%s\" is no bytes", field);
    return span_part(written(storage), before, storage->size);
}
