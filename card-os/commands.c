/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, one row each. An instruction that means several operations, told apart by
 * P1, P2 or whether there is data, has several rows; a handler never looks at P1 or P2 to find out
 * which operation it is. docs/COMMANDS.md is printed from this table. */
#include "card-os/algs.h"
#include "card-os/cmd/cmd.h"
#include "card-os/domain.h"
#include "card-os/files.h"
#include "card-os/pin.h"
#include "card-os/session_pin.h"
#include "formats/key_blob.h"

/* clang-format off */
#define IS(value)     { (value), (value), 1 }
#define FROM(min, max) { (min), (max), 1 }
#define ANY           FROM(0, 255)
#define KEY_ID        FROM(1, 255)    /* not 0, the device key */
#define TEMPLATE      { 0x00, 0x0C, 4 } /* FCI, FCP, FMD or nothing */
#define NONE          IS(0)

static const struct command commands[] = {
    { "SELECT applet", 0xA4, IS(0x04), TEMPLATE, FROM(1, 16), 16,
      ANYONE, ENDS_SESSION, AUDIT_NOTHING, cmd_select_applet },
    { "SELECT file", 0xA4, IS(0x00), TEMPLATE, IS(2), 64,
      FILE_SELECT, 0, AUDIT_NOTHING, cmd_select_file },
    { "SELECT file by path", 0xA4, IS(0x08), TEMPLATE, { 2, 16, 2 }, 64,
      FILE_SELECT, 0, AUDIT_NOTHING, cmd_select_file },
    { "READ BINARY", 0xB1, ANY, ANY, IS(4), CARD_APDU_MAX,
      FILE_READ, OBEYS_LE | ESSENTIAL, AUDIT_NOTHING, cmd_read_binary },
    { "UPDATE BINARY", 0xD7, ANY, ANY, FROM(6, CARD_APDU_MAX), 0,
      FILE_WRITE, ATOMIC, AUDIT_FILE_WRITTEN, cmd_update_binary },
    { "DELETE FILE", 0xE4, IS(0x02), { 0x00, 0x80, 0x80 }, IS(2), 0,
      FILE_DELETE, ATOMIC, AUDIT_FILE_DELETED, cmd_delete_file },
    { "DELETE FILE, as ISO 7816-9 numbers it", 0xE4, IS(0x00), IS(0x00), IS(2), 0,
      FILE_DELETE, ATOMIC | EXTENSION, AUDIT_FILE_DELETED, cmd_delete_file },
    { "ENUMERATE OBJECTS", 0x58, IS(0x00), IS(0x00), NONE, 1014,
      ANYONE, OBEYS_LE, AUDIT_NOTHING, cmd_enumerate_objects },

    { "VERIFY user PIN", 0x20, IS(0x00), IS(PIN_USER), FROM(PIN_MIN, PIN_MAX), 0,
      ANYONE, SECRET_IN | ESSENTIAL, AUDIT_USER_LOGIN, cmd_verify_user },
    { "VERIFY user PIN, query", 0x20, IS(0x00), IS(PIN_USER), NONE, 0,
      ANYONE, 0, AUDIT_NOTHING, cmd_user_status },
    { "VERIFY SO-PIN", 0x20, IS(0x00), IS(PIN_OFFICER), IS(OFFICER_PIN_SIZE), 0,
      ANYONE, SECRET_IN | ESSENTIAL, AUDIT_SO_LOGIN, cmd_verify_officer },
    { "VERIFY SO-PIN, query", 0x20, IS(0x00), IS(PIN_OFFICER), NONE, 0,
      ANYONE, 0, AUDIT_NOTHING, cmd_officer_status },
    /* Any answer but 6A88 makes OpenSC believe in a PIN pad (protocol.md 1.5). */
    { "VERIFY biometric template", 0x20, IS(0x00), FROM(0x85, 0x86), FROM(0, 255), 0,
      NO_REFERENCE, SECRET_IN, AUDIT_NOTHING, NULL },

    { "CHANGE user PIN", 0x24, IS(0x00), IS(PIN_USER), FROM(2 * PIN_MIN, 2 * PIN_MAX), 0,
      ANYONE, SECRET_IN, AUDIT_PIN_CHANGED, cmd_change_user },
    { "CHANGE SO-PIN", 0x24, IS(0x00), IS(PIN_OFFICER), IS(2 * OFFICER_PIN_SIZE), 0,
      ANYONE, SECRET_IN, AUDIT_PIN_CHANGED, cmd_change_officer },

    /* The SO-PIN stands inside the data: pin.c checks it. */
    { "RESET RETRY COUNTER, new PIN", 0x2C, IS(0x00), IS(PIN_USER),
      FROM(OFFICER_PIN_SIZE + PIN_MIN, OFFICER_PIN_SIZE + PIN_MAX), 0,
      RESET_PIN, SECRET_IN, AUDIT_RETRY_COUNTER_RESET, cmd_reset_pin },
    { "RESET RETRY COUNTER", 0x2C, IS(0x01), IS(PIN_USER), IS(OFFICER_PIN_SIZE), 0,
      RESET_COUNTER, SECRET_IN, AUDIT_RETRY_COUNTER_RESET, cmd_reset_counter },
    { "RESET RETRY COUNTER, new PIN, by the SO", 0x2C, IS(0x02), IS(PIN_USER),
      FROM(PIN_MIN, PIN_MAX), 0,
      OFFICER_RESETS_PIN, ATOMIC | SECRET_IN, AUDIT_RETRY_COUNTER_RESET, cmd_reset_pin_by_officer },
    { "RESET RETRY COUNTER, by the SO", 0x2C, IS(0x03), IS(PIN_USER), NONE, 0,
      OFFICER_RESETS_COUNTER, ATOMIC | EXTENSION, AUDIT_RETRY_COUNTER_RESET, cmd_reset_counter_by_officer },
    /* The answer holds the session PIN; answers are never traced or recorded. */
    { "MAKE SESSION PIN", 0x5A, IS(0x01), IS(PIN_USER), NONE, SESSION_PIN_SIZE,
      SESSION_PIN, 0, AUDIT_SESSION_PIN, cmd_make_session_pin },
    { "CLEAR SESSION PIN", 0x5A, IS(0x00), IS(PIN_USER), NONE, 0,
      CLEAR_SESSION_PIN, 0, AUDIT_SESSION_PIN, cmd_clear_session_pin },
    { "INITIALIZE DEVICE", 0x50, IS(0x00), IS(0x00), FROM(1, 255), 0,
      ANYONE, SECRET_IN | ENDS_EPOCH, AUDIT_INITIALIZE, cmd_initialize },
    { "INITIALIZE DEVICE, query", 0x50, IS(0x00), IS(0x00), NONE, 7,
      ANYONE, 0, AUDIT_NOTHING, cmd_device_facts },
    { "MEMORY query", 0x64, IS(0x05), IS(0x00), NONE, 20,
      ANYONE, EXTENSION, AUDIT_NOTHING, cmd_memory },
    { "DKEK status", 0x52, IS(0x00), ANY, NONE, DOMAIN_STATUS_MAX,
      DOMAINS, 0, AUDIT_NOTHING, cmd_domain_status },
    { "IMPORT DKEK SHARE", 0x52, IS(0x00), ANY, IS(KEK_SIZE), 10,
      DOMAIN_SHARE, ATOMIC | SECRET_IN, AUDIT_DKEK_SHARE, cmd_import_share },
    { "CREATE KEY DOMAIN", 0x52, IS(0x01), ANY, IS(1), 10,
      DOMAIN_SLOTS, ATOMIC, AUDIT_DOMAIN_CREATED, cmd_create_domain },
    { "CREATE KEY DOMAIN of a group", 0x52, IS(0x02), ANY, FROM(1, 4096), DOMAIN_STATUS_MAX,
      DOMAIN_SLOTS, ATOMIC, AUDIT_DOMAIN_JOINED, cmd_join_domain },
    { "DELETE KEY DOMAIN", 0x52, IS(0x03), ANY, NONE, 0,
      DOMAIN_SLOTS, ATOMIC, AUDIT_DOMAIN_DELETED, cmd_delete_domain },
    { "CLEAR KEY DOMAIN", 0x52, IS(0x04), ANY, NONE, DOMAIN_STATUS_MAX,
      DOMAIN_SECRET, ATOMIC, AUDIT_DOMAIN_CLEARED, cmd_clear_domain },
    { "PUBLIC KEY AUTHENTICATION status", 0x54, IS(0x00), IS(0x00), NONE, 4,
      CUSTODY, 0, AUDIT_NOTHING, cmd_custody_status },
    { "PUBLIC KEY AUTHENTICATION register", 0x54, IS(0x00), IS(0x00), FROM(1, 4096), 4,
      REGISTRAR, ATOMIC, AUDIT_CUSTODIAN_REGISTERED, cmd_register_custodian },
    { "PUBLIC KEY AUTHENTICATION replace", 0x54, IS(0x01), ANY, FROM(1, 4096), 4,
      REPLACE_KEY, ATOMIC, AUDIT_CUSTODIAN_REPLACED, cmd_replace_custodian },
    { "PUBLIC KEY AUTHENTICATION name", 0x54, IS(0x02), ANY, NONE, 16,
      CUSTODY, 0, AUDIT_NOTHING, cmd_custodian_name },
    { "MANAGE SECURITY ENVIRONMENT, issuer", 0x22, IS(0x81), IS(0xB6), FROM(1, 32), 0,
      ANYONE, 0, AUDIT_NOTHING, cmd_choose_issuer },
    { "VERIFY CERTIFICATE", 0x2A, IS(0x00), IS(0xBE), FROM(1, 2048), 0,
      ANYONE, REFUSALS_ALONE, AUDIT_CERTIFICATE_SHOWN, cmd_verify_certificate },
    { "VERIFY CERTIFICATE, as others number it", 0x2A, IS(0x00), { 0x92, 0xAE, 0x1C },
      FROM(1, 2048), 0,
      ANYONE, REFUSALS_ALONE, AUDIT_CERTIFICATE_SHOWN, cmd_verify_certificate },
    { "MANAGE SECURITY ENVIRONMENT, custodian", 0x22, IS(0x81), IS(0xA4), FROM(1, 32), 0,
      ANYONE, 0, AUDIT_NOTHING, cmd_choose_custodian },
    { "MANAGE SECURITY ENVIRONMENT, chip authentication", 0x22, IS(0x41), IS(0xA4), FROM(1, 32), 0,
      ANYONE, 0, AUDIT_NOTHING, cmd_choose_channel },
    { "GENERAL AUTHENTICATE", 0x86, IS(0x00), IS(0x00), FROM(1, 256), 32,
      ANYONE, REFUSALS_ALONE, AUDIT_SECURE_CHANNEL, cmd_open_channel },
    { "EXTERNAL AUTHENTICATE", 0x82, IS(0x00), IS(0x00), FROM(8, 1024), 0,
      ANYONE, ESSENTIAL, AUDIT_CUSTODIAN_LOGIN, cmd_external_authenticate },

    { "GENERATE ASYMMETRIC KEY PAIR", 0x46, KEY_ID, IS(0x00), FROM(1, 2048), 4096,
      USER, ATOMIC | QUIET_WITHOUT_LE | CAN_BE_STOPPED, AUDIT_KEY_GENERATED,
      cmd_generate_key_pair },
    { "SIGN", 0x68, KEY_ID, ANY, FROM(1, 4096), KEY_RESULT_MAX,
      USER, ATOMIC, AUDIT_SIGN, cmd_sign },
    { "EXCHANGE", 0x62, KEY_ID, IS(ALGORITHM_EXCHANGE), FROM(1, 4096), DOMAIN_STATUS_MAX,
      USER, ATOMIC, AUDIT_DOMAIN_EXCHANGED, cmd_exchange },
    { "EXCHANGE from work file", 0x62, KEY_ID, IS(ALGORITHM_EXCHANGE), NONE, DOMAIN_STATUS_MAX,
      USER, ATOMIC, AUDIT_DOMAIN_EXCHANGED, cmd_exchange_work_file },
    { "DECIPHER", 0x62, KEY_ID, ANY, FROM(1, 1024), KEY_RESULT_MAX,
      USER, ATOMIC, AUDIT_DECIPHER, cmd_decipher },
    { "DERIVE EC KEY", 0x76, KEY_ID, KEY_ID, FROM(2, 1 + CURVE_FIELD_MAX), 0,
      USER, ATOMIC, AUDIT_KEY_DERIVED, cmd_derive_key },
    { "GENERATE SYMMETRIC KEY", 0x48, KEY_ID, FROM(0xB0, 0xB2), FROM(0, 255), 0,
      USER, ATOMIC, AUDIT_KEY_GENERATED, cmd_generate_symmetric_key },
    { "DERIVE SECRET", 0x78, KEY_ID, IS(0x99), FROM(1, 4096), KEY_RESULT_MAX,
      USER, ATOMIC, AUDIT_DERIVE, cmd_cipher },
    { "CIPHER", 0x78, KEY_ID, ANY, FROM(1, CARD_APDU_MAX), CARD_APDU_MAX,
      USER, ATOMIC, AUDIT_CIPHER, cmd_cipher },
    { "WRAP KEY", 0x72, KEY_ID, IS(0x92), NONE, KEY_BLOB_MAX,
      DOMAIN_SECRET, ATOMIC, AUDIT_KEY_EXPORTED, cmd_wrap_key },
    { "UNWRAP KEY", 0x74, KEY_ID, IS(0x93), FROM(1, 2 * KEY_BLOB_MAX), 0,
      DOMAIN_SECRET, ATOMIC | CAN_BE_STOPPED, AUDIT_KEY_IMPORTED, cmd_unwrap_key },
    { "UNWRAP KEY from work file", 0x74, KEY_ID, IS(0x93), NONE, 0,
      DOMAIN_SECRET, ATOMIC | CAN_BE_STOPPED, AUDIT_KEY_IMPORTED, cmd_unwrap_work_file },
    { "GET CHALLENGE", 0x84, IS(0x00), IS(0x00), NONE, 1024,
      ANYONE, OBEYS_LE, AUDIT_NOTHING, cmd_get_challenge },
};
/* clang-format on */

size_t command_count(void)
{
    return COUNT_OF(commands);
}

const struct command *command_at(size_t index)
{
    return &commands[index];
}
