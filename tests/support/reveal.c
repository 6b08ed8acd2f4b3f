/* SPDX-License-Identifier: Apache-2.0 */
/* Prints every secret of a store at rest, so that a test can look for them where they must not be:
 *
 *     reveal FOLDER          lines "NAME HEX"
 *
 * Opens the store as the daemon does, with the key file in its folder, and changes nothing. A tool
 * of the tests: nothing like it is built into daemon or tool. */
#include <stdio.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "storage/internal.h"
#include "storage/unlock.h"

static void print_secret(const char *name, struct span secret)
{
    uint8_t hex[2 * KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(hex);
    write_hex(&out, secret);
    printf("%s %.*s\n", name, (int)out.size, (const char *)out.at);
}

/* Material is a row of counted numbers (crypto/kind_rsa.c, crypto/kind_ec.c); these are the secret
 * ones. */
static const struct part {
    enum key_type type;
    unsigned index;
    const char *name;
} parts[] = {
    { KEY_RSA, 2, "d" },  { KEY_RSA, 3, "p" },    { KEY_RSA, 4, "q" }, { KEY_RSA, 5, "dp" },
    { KEY_RSA, 6, "dq" }, { KEY_RSA, 7, "qinv" }, { KEY_EC, 0, "d" },
};

static bool tell_by_size(struct span material, enum key_type type)
{
    return (material.size > 300) == (type == KEY_RSA);
}

static void print_material(uint32_t id, struct span material)
{
    struct reader in = reader_of(material);
    for (unsigned index = 0; read_left(&in) && !read_failed(&in); index++) {
        struct span value = read_counted(&in);
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            char name[32];
            if (parts[i].index != index || !tell_by_size(material, parts[i].type))
                continue;
            snprintf(name, sizeof name, "key%02X.%s", id, parts[i].name);
            print_secret(name, value);
        }
    }
}

static int print_keys(struct store *store)
{
    uint32_t ids[256];
    size_t count = 0;
    int r = store_list(store, OBJECT_KEY_MATERIAL, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++) {
        SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
        struct writer material = WRITER_OF(bytes);
        r = store_get(store, OBJECT_KEY_MATERIAL, ids[i], &material);
        print_material(ids[i], written(&material));
    }
    return r;
}

static int print_pins(struct store *store)
{
    uint32_t ids[8];
    size_t count = 0;
    int r = store_list(store, OBJECT_PIN, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++) {
        uint8_t bytes[128];
        char name[32];
        struct writer stored = WRITER_OF(bytes);
        r = store_get(store, OBJECT_PIN, ids[i], &stored);
        snprintf(name, sizeof name, "pin%02X.verifier", ids[i]);
        print_secret(
            name, span_part(written(&stored), stored.size - PIN_VERIFIER_SIZE, PIN_VERIFIER_SIZE));
    }
    return r;
}

static int print_root(struct store *store, const char *folder)
{
    char key_file[512];
    SCOPED(unlocked_wipe) struct unlocked unlocked;
    snprintf(key_file, sizeof key_file, "%s/seal.key", folder);
    const struct unlock_source source = { .kind = UNLOCK_KEY_FILE, .key_file = key_file };
    int r = unlock_root(&store->db, &source, &unlocked);
    if (!r)
        print_secret("root", SPAN_OF(unlocked.root));
    return r;
}

static void print_hierarchy(const struct store *store)
{
    for (enum subkey which = 0; which < SUBKEY_COUNT; which++) {
        char name[32];
        snprintf(name, sizeof name, "subkey%d", which);
        print_secret(name, span_of(hierarchy_key(&store->keys, which), SUBKEY_SIZE));
    }
}

int main(int count, char **arguments)
{
    SCOPED(store_close) struct store *store = NULL;
    struct store_refusal why = { "" };
    if (count != 2)
        return 2;
    const struct store_place place = { .folder = arguments[1], .unlock = UNLOCK_KEY_FILE };
    int r = store_open(&place, &store, &why);
    if (!r)
        r = print_root(store, arguments[1]);
    if (!r)
        r = print_keys(store);
    if (!r)
        r = print_pins(store);
    if (r) {
        fprintf(stderr, "reveal: %s %s\n", why.sentence, failure_last()->cause);
        return 1;
    }
    print_hierarchy(store);
    return 0;
}
