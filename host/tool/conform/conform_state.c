/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: proves that a token is in the same state as before. */
#include "host/tool/conform/conform_state.h"

#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/hash.h"
#include "host/tool/conform/conform_play.h"

#define SHORT 16 /* bytes; a longer answer is kept as its hash */

enum { DOMAINS_MAX = 256 };

/* --- Taking --- */

static int note(struct conform_state *state, const char *what, struct span answer)
{
    uint8_t digest[SHA256_SIZE];
    if (state->count == CONFORM_FACTS_MAX)
        return failure(FAULT_MEMORY, "more on the card than can be compared");
    int result = answer.size > SHORT ? sha256_of(answer, digest) : 0;
    if (result)
        return result;
    struct conform_fact *fact = &state->facts[state->count++];
    snprintf(fact->what, sizeof fact->what, "%s", what);
    snprintf(fact->answer, sizeof fact->answer, "%s",
             hex_of(answer.size > SHORT ? SPAN_OF(digest) : answer).text);
    return 0;
}

/* Notes the answer with its status word, whatever it is. */
static int ask(struct card_call *call, struct conform_state *state, const char *what,
               const char *command)
{
    uint8_t bytes[32], answer[READER_ANSWER_SIZE];
    struct writer in = WRITER_OF(bytes), out = WRITER_OF(answer);
    if (!hex_decode(command, &in))
        return failure(FAULT_BROKEN, "a command of ours");
    int result = reader_transmit(&call->card, written(&in), &out);
    return result ? result : note(state, what, written(&out));
}

/* Notes what SELECT tells of a key, such as its use counter. */
static int note_header(struct card_call *call, struct conform_state *state, uint16_t file)
{
    char what[24], command[24];
    snprintf(what, sizeof what, "%04x, SELECT", file);
    snprintf(command, sizeof command, "00A4000002%04x00", file);
    return ask(call, state, what, command);
}

/* Reads a file's content; through readers that pass on no long command, the part that short ones
 * reach. */
static int read_content(struct card_call *call, uint16_t file, struct writer *out)
{
    int result = client_read(&call->card, file, out, &call->sw);
    if (!result || result == CLIENT_REFUSED || out->size < CLIENT_FILE_MAX)
        return result;
    failure_clear();
    return conform_reset(call, false);
}

static int note_content(struct card_call *call, struct conform_state *state, uint16_t file)
{
    uint8_t bytes[CLIENT_LONG_MAX + 2]; /* with the status word */
    struct writer content = WRITER_OF(bytes);
    char what[24];
    snprintf(what, sizeof what, "%04x", file);
    int result = read_content(call, file, &content);
    if (result && result != CLIENT_REFUSED)
        return result;
    write_u16(&content, result ? call->sw : 0);
    return content.full ? failure(FAULT_MEMORY, "%s is too long", what)
                        : note(state, what, written(&content));
}

/* Lists the files; through readers that pass on no long command, the first 128. */
static int list_files(struct card_call *call, struct writer *out)
{
    static const uint8_t extended[] = { 0x80, 0x58, 0, 0, 0, 0, 0 };
    int result = reader_transmit(&call->card, SPAN_OF(extended), out);
    if (!result)
        return 0;
    failure_clear();
    result = conform_reset(call, false);
    return result ? result : reader_transmit(&call->card, span_of(extended, 5), out);
}

static int note_file(struct card_call *call, struct conform_state *state, uint16_t file)
{
    bool unreadable = file_is(file, FILE_KEY) || file_is(file, FILE_CONFIDENTIAL_DATA);
    int result = note_header(call, state, file);
    return result || unreadable ? result : note_content(call, state, file);
}

static int note_files(struct card_call *call, struct conform_state *state)
{
    uint8_t answer[READER_ANSWER_SIZE];
    struct writer out = WRITER_OF(answer);
    int result = list_files(call, &out);
    if (!result)
        result = note(state, "list of objects", written(&out));
    struct reader in = reader_of(span_part(written(&out), 0, out.size < 2 ? 0 : out.size - 2));
    while (!result && read_left(&in) >= 2)
        result = note_file(call, state, read_u16(&in));
    return result;
}

/* Notes domains until the card has no more; 6A88 is a domain that does not exist. */
static int note_domains(struct card_call *call, struct conform_state *state)
{
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct client_domain domain;
        int result = client_domain(&call->card, (uint8_t)i, &domain, &call->sw);
        if (result && result != CLIENT_REFUSED)
            return result;
        if (result && call->sw != 0x6A88)
            return 0;
        char what[24], command[16];
        snprintf(what, sizeof what, "domain %u", i);
        snprintf(command, sizeof command, "805200%02x00", i);
        result = ask(call, state, what, command);
        if (result)
            return result;
    }
    return 0;
}

int conform_state_take(struct card_call *call, struct conform_state *out)
{
    out->count = 0;
    int result = ask(call, out, "user PIN", "00200081");
    if (!result)
        result = ask(call, out, "SO-PIN", "00200088");
    if (!result)
        result = ask(call, out, "custodians", "8054000000");
    if (!result)
        result = note_domains(call, out);
    return result ? result : note_files(call, out);
}

/* --- Comparing --- */

static const char *find(const struct conform_state *state, const char *what)
{
    for (size_t i = 0; i < state->count; i++)
        if (strcmp(state->facts[i].what, what) == 0)
            return state->facts[i].answer;
    return NULL;
}

/* Adds the facts of `from` that `to` has with another answer; or, going backwards, only those that
 * `to` does not have at all. */
static int compare(const struct conform_state *from, const struct conform_state *to, bool forward,
                   json_t *list)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *there = find(to, from->facts[i].what), *here = from->facts[i].answer;
        if (there && (!forward || strcmp(there, here) == 0))
            continue;
        json_t *change = json_pack("{s:s,s:s?,s:s?}", "what", from->facts[i].what, "before",
                                   forward ? here : there, "after", forward ? there : here);
        if (json_array_append_new(list, change))
            return failure(FAULT_MEMORY, "a list of changes");
    }
    return 0;
}

json_t *conform_state_changes(const struct conform_state *before, const struct conform_state *after)
{
    json_t *list = json_array();
    if (list && !compare(before, after, true, list) && !compare(after, before, false, list))
        return list;
    json_decref(list);
    return NULL;
}
