/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/token_face.h"

#include <stdio.h>
#include <string.h>

#include "formats/file_ids.h"
#include "formats/token_info.h"

/* Keeps text up to the first zero byte. */
static void keep(char *to, size_t size, struct span text)
{
    size_t length = text.size < size ? text.size : size - 1;
    memset(to, 0, size);
    if (length)
        memcpy(to, text.at, length);
}

static int read_file(const struct reader_card *card, uint16_t file, struct writer *out)
{
    uint16_t sw;
    int result = client_read(card, file, out, &sw);
    if (result == CLIENT_REFUSED)
        *out = writer_of(out->at, 0);
    return result == CLIENT_REFUSED ? 0 : result;
}

int token_face_read(const struct reader_card *card, struct token_face *out)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct token_info info;
    struct writer content = WRITER_OF(bytes);
    *out = (struct token_face){ 0 };
    int result = read_file(card, FILE_DEVICE_CERTIFICATES, &content);
    if (!result)
        keep(out->serial, sizeof out->serial, cvc_serial(cvc_holder(written(&content))));
    content = WRITER_OF(bytes);
    if (!result)
        result = read_file(card, FILE_TOKEN_INFO, &content);
    if (!result && token_info_read(written(&content), &info))
        keep(out->label, sizeof out->label, info.label);
    if (!result)
        result = client_pin_state(card, CLIENT_USER_PIN, &out->user_pin);
    return result == CLIENT_REFUSED ? 0 : result;
}

int token_face_of(const struct reader_service *service, const char *reader, struct token_face *out)
{
    SCOPED(reader_disconnect) struct reader_card card = { 0 };
    uint16_t sw;
    int result = reader_connect(service, reader, &card);
    if (!result)
        result = reader_begin(&card);
    if (result)
        return result;
    result = client_select(&card, &sw);
    if (!result)
        result = token_face_read(&card, out);
    reader_end(&card);
    return result;
}

bool token_face_is(const struct token_face *face, const char *name)
{
    return *name && (strcmp(face->label, name) == 0 || strcmp(face->serial, name) == 0);
}

void token_face_title(const struct token_face *face, char out[TOKEN_TITLE_SIZE])
{
    bool both = face->label[0] && face->serial[0];
    snprintf(out, TOKEN_TITLE_SIZE, "%s%s%s%s", face->label, both ? " (" : "", face->serial,
             both ? ")" : "");
}
