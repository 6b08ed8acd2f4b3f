/* SPDX-License-Identifier: Apache-2.0 */
/* Reads transcripts: lines and patterns. Also decides which commands may be sent to a token that is
 * in use. */
#include "formats/transcript.h"

#include "formats/apdu.h"

/* --- Text --- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct span transcript_trim(struct span text)
{
    struct reader in = reader_of(text);
    while (in.rest.size && is_blank(in.rest.at[0]))
        read_u8(&in);
    size_t size = in.rest.size;
    while (size && is_blank(in.rest.at[size - 1]))
        size--;
    return span_part(in.rest, 0, size);
}

struct span transcript_cut(struct span *text, uint8_t mark)
{
    size_t size = 0;
    while (size < text->size && text->at[size] != mark)
        size++;
    struct span part = span_part(*text, 0, size);
    *text = span_part(*text, size + 1, text->size);
    return part;
}

static struct span cut_word(struct span *text)
{
    *text = transcript_trim(*text);
    struct span word = transcript_cut(text, ' ');
    *text = transcript_trim(*text);
    return word;
}

/* --- Patterns --- */

enum item_kind { ITEM_END, ITEM_BAD, ITEM_BYTE, ITEM_GAP, ITEM_ANY };

struct item {
    enum item_kind kind;
    uint8_t value, mask; /* of a byte */
    size_t size;         /* how many bytes it matches; for `*`: 0 */
};

/* Reads a digit of a pattern with its mask; `.` matches any digit. */
static bool read_digit(uint8_t c, struct item *item)
{
    unsigned letter = c | 0x20u, value = 0, mask = 0xF;
    if (c == '.')
        mask = 0;
    else if (c >= '0' && c <= '9')
        value = c - '0';
    else if (letter >= 'a' && letter <= 'f')
        value = letter - 'a' + 10;
    else
        return false;
    item->value = (uint8_t)(item->value << 4 | value);
    item->mask = (uint8_t)(item->mask << 4 | mask);
    return true;
}

/* Reads `{8}` after its opening brace. */
static struct item read_gap(struct reader *in)
{
    struct item gap = { .kind = ITEM_GAP };
    for (unsigned digits = 0; digits < 6; digits++) {
        uint8_t c = read_u8(in);
        if (c == '}' && digits)
            return gap;
        if (c < '0' || c > '9')
            break;
        gap.size = gap.size * 10 + c - '0';
    }
    return (struct item){ .kind = ITEM_BAD };
}

static struct item next_item(struct reader *in)
{
    in->rest = transcript_trim(in->rest);
    if (!in->rest.size)
        return (struct item){ .kind = ITEM_END };
    struct item item = { .kind = ITEM_BYTE, .size = 1 };
    uint8_t c = read_u8(in);
    if (c == '*')
        return (struct item){ .kind = ITEM_ANY };
    if (c == '{')
        return read_gap(in);
    if (read_digit(c, &item) && read_digit(read_u8(in), &item))
        return item;
    return (struct item){ .kind = ITEM_BAD };
}

static bool is_pattern(struct span text)
{
    struct reader in = reader_of(text);
    struct item item = next_item(&in);
    if (item.kind == ITEM_END)
        return false;
    while (item.kind != ITEM_END && item.kind != ITEM_BAD)
        item = next_item(&in);
    return item.kind == ITEM_END;
}

static bool is_command(struct span text)
{
    struct reader in = reader_of(text);
    struct item item = next_item(&in);
    while ((item.kind == ITEM_BYTE && item.mask == 0xFF) || item.kind == ITEM_GAP)
        item = next_item(&in);
    return item.kind == ITEM_END && text.size;
}

void transcript_command(const struct transcript_case *from, struct writer *out)
{
    struct reader in = reader_of(from->command);
    for (struct item item = next_item(&in); item.kind != ITEM_END; item = next_item(&in)) {
        if (item.kind == ITEM_GAP)
            write_zeros(out, item.size);
        else
            write_u8(out, item.value);
    }
}

static bool item_fits(const struct item *item, struct span rest)
{
    if (item->kind == ITEM_END)
        return rest.size == 0;
    if (item->kind == ITEM_BYTE)
        return rest.size && (rest.at[0] & item->mask) == item->value;
    return rest.size >= item->size;
}

/* What follows the last `*` is tried at every position; earlier ones never need to be tried
 * again. */
static bool matches(struct span pattern, struct span answer)
{
    struct reader in = reader_of(pattern), after_any = { 0 };
    struct span rest = answer, any = { 0 };
    bool met_any = false;
    for (;;) {
        struct item item = next_item(&in);
        if (item.kind == ITEM_ANY) {
            met_any = true;
            after_any = in;
            any = rest;
        } else if (item_fits(&item, rest)) {
            if (item.kind == ITEM_END)
                return true;
            rest = span_part(rest, item.size, rest.size);
        } else {
            if (!met_any || !any.size)
                return false;
            any = rest = span_part(any, 1, any.size);
            in = after_any;
        }
    }
}

bool transcript_matches(const struct span *patterns, unsigned count, struct span answer)
{
    for (unsigned i = 0; i < count; i++)
        if (matches(patterns[i], answer))
            return true;
    return false;
}

/* The last two items of a pattern. */
static bool ends_in_success(struct span pattern)
{
    struct reader in = reader_of(pattern);
    struct item last = { .kind = ITEM_ANY }, before = last;
    for (struct item item = next_item(&in); item.kind != ITEM_END; item = next_item(&in)) {
        before = last;
        last = item;
    }
    return before.kind == ITEM_BYTE && before.mask == 0xFF && before.value == 0x90 &&
           last.kind == ITEM_BYTE && last.mask == 0xFF && last.value == 0;
}

bool transcript_is_success(const struct transcript_case *at)
{
    for (unsigned i = 0; i < at->expected_count; i++)
        if (!ends_in_success(at->expected[i]))
            return false;
    return at->expected_count;
}

/* --- Lines --- */

struct transcript transcript_of(const char *name, struct span text)
{
    return (struct transcript){ .name = name, .rest = text };
}

static enum transcript_item bad(struct transcript *t, const char *why)
{
    t->why = why;
    return TRANSCRIPT_BAD;
}

static bool take_trait(struct transcript *t, struct span word)
{
    const struct {
        const char *name;
        bool *to;
    } traits[] = { { "safe", &t->safe }, { "ours", &t->ours }, { "new", &t->fresh } };
    for (size_t i = 0; i < COUNT_OF(traits); i++)
        if (span_equal(word, span_of_text(traits[i].name)))
            return *traits[i].to = true;
    return false;
}

/* Reads the clauses, which are numbers and come before all other words. */
static bool take_clauses(struct transcript *t, struct span words)
{
    const struct span whole = words;
    t->clauses = (struct span){ 0 };
    t->safe = t->ours = t->fresh = false;
    while (words.size) {
        struct span word = cut_word(&words);
        bool is_number = word.at[0] >= '0' && word.at[0] <= '9';
        bool traits = t->safe || t->ours || t->fresh;
        if (is_number ? traits : !take_trait(t, word))
            return false;
        if (is_number)
            t->clauses = span_of(whole.at, (size_t)(word.at + word.size - whole.at));
    }
    return t->clauses.size;
}

static enum transcript_item take_action(struct transcript *t, struct span name)
{
    static const struct {
        const char *name;
        enum transcript_item item;
    } actions[] = { { "reset", TRANSCRIPT_RESET },
                    { "power", TRANSCRIPT_POWER },
                    { "initialise", TRANSCRIPT_INITIALISE } };
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (span_equal(name, span_of_text(actions[i].name)))
            return actions[i].item;
    return bad(t, "unknown action");
}

/* Finds the next line that is not empty: gives its first character, and the rest. Returns 0 at the
 * end. */
static uint8_t next_line(struct transcript *t, struct span *out)
{
    while (t->rest.size) {
        struct span line = transcript_trim(transcript_cut(&t->rest, '\n'));
        t->line++;
        if (!line.size || line.at[0] == '#')
            continue;
        *out = transcript_trim(span_part(line, 1, line.size));
        return line.at[0];
    }
    return 0;
}

/* Reads a line with an answer to the command; false for a line of another kind, which is not
 * taken. */
static bool take_answer(struct transcript *t, struct transcript_case *to)
{
    struct transcript ahead = *t;
    struct span text;
    uint8_t mark = next_line(&ahead, &text);
    if (mark != '<' && mark != '~')
        return false;
    *t = ahead;
    unsigned *count = mark == '<' ? &to->expected_count : &to->other_count;
    if (*count == TRANSCRIPT_ANSWERS)
        t->why = "too many answers";
    else if (!is_pattern(text))
        t->why = "not the pattern of an answer";
    else if (mark == '<' && to->other_count)
        t->why = "answers of another way stand last";
    else
        (mark == '<' ? to->expected : to->other)[(*count)++] = text;
    return !t->why;
}

static enum transcript_item take_case(struct transcript *t, struct span command,
                                      struct transcript_case *out)
{
    if (!is_command(command))
        return bad(t, "not a command");
    if (!t->clauses.size)
        return bad(t, "a case that rests on no clause");
    if (t->facts.size && t->ours)
        return bad(t, "no hardware answers what is ours");
    struct transcript_case now = { .line = t->line,
                                   .clauses = t->clauses,
                                   .safe = t->safe,
                                   .ours = t->ours,
                                   .fresh = t->fresh,
                                   .choice = t->choice,
                                   .question = t->question,
                                   .facts = t->facts,
                                   .command = command };
    while (take_answer(t, &now))
        ;
    if (t->why)
        return TRANSCRIPT_BAD;
    if (!now.expected_count)
        return bad(t, "a command without an answer");
    if (now.question.size && !now.other_count)
        return bad(t, "a question without the answer of the other way");
    if (now.other_count && !now.choice.size)
        return bad(t, "the answer of another way, and no question");
    t->choice = t->question = t->facts = (struct span){ 0 };
    *out = now;
    return TRANSCRIPT_CASE;
}

static bool is_list_of_numbers(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_blank(text.at[i]) && (text.at[i] < '0' || text.at[i] > '9'))
            return false;
    return text.size;
}

static enum transcript_item take_question(struct transcript *t, struct span text)
{
    if (t->choice.size)
        return bad(t, "a question without its case");
    t->choice = cut_word(&text);
    t->question = text;
    return t->choice.size ? TRANSCRIPT_END : bad(t, "a question without a name");
}

static enum transcript_item take_facts(struct transcript *t, struct span text)
{
    if (t->facts.size)
        return bad(t, "facts without their case");
    t->facts = text;
    return is_list_of_numbers(text) ? TRANSCRIPT_END : bad(t, "not a list of facts");
}

/* Reads a line that describes the following cases or the next one. TRANSCRIPT_END: no error. */
static enum transcript_item take_note(struct transcript *t, uint8_t mark, struct span text)
{
    if (mark == '?')
        return take_question(t, text);
    if (mark == '%')
        return take_facts(t, text);
    return take_clauses(t, text) ? TRANSCRIPT_END : bad(t, "not a list of clauses");
}

static enum transcript_item take_line(struct transcript *t, uint8_t mark, struct span text,
                                      struct transcript_case *out)
{
    switch (mark) {
    case 0:
        return TRANSCRIPT_END;
    case '=':
        return TRANSCRIPT_SECTION;
    case '>':
        return take_case(t, text, out);
    case '!':
        return take_action(t, text);
    default:
        return bad(t, mark == '<' || mark == '~' ? "an answer to nothing"
                                                 : "not a line of a transcript");
    }
}

enum transcript_item transcript_next(struct transcript *t, struct transcript_case *out)
{
    while (!t->why) {
        struct span text = { 0 };
        uint8_t mark = next_line(t, &text);
        bool speaks_of_next = mark == '?' || mark == '%';
        if ((t->choice.size || t->facts.size) && mark != '>' && !speaks_of_next)
            return bad(t, "a question, or facts, without a case");
        if (mark != '@' && !speaks_of_next)
            return take_line(t, mark, text, out);
        if (take_note(t, mark, text) == TRANSCRIPT_BAD)
            break;
    }
    return TRANSCRIPT_BAD;
}

/* --- What may be sent to a token in use --- */

/* The commands that may be sent. Each must be harmless even on a card that takes it for another
 * command or checks no login: so no VERIFY with data under any class, and no key command with
 * data. */
static const struct {
    uint8_t ins, p1_min, p1_max;
    bool with_data;
} harmless[] = {
    { 0xA4, 0x00, 0xFF, true },  /* SELECT */
    { 0xB1, 0x00, 0xFF, true },  /* READ BINARY */
    { 0xB0, 0x00, 0xFF, false }, /* ... its even form */
    { 0x58, 0x00, 0xFF, true },  /* ENUMERATE OBJECTS */
    { 0x20, 0x00, 0x00, false }, /* VERIFY, query */
    { 0x84, 0x00, 0xFF, true },  /* GET CHALLENGE */
    { 0x50, 0x00, 0x00, false }, /* INITIALIZE, query */
    { 0x52, 0x00, 0x00, false }, /* MANAGE KEY DOMAIN, query */
    { 0x54, 0x00, 0x00, false }, /* MANAGE PUBLIC KEY AUTHENTICATION, query */
    { 0x54, 0x02, 0x02, false }, /* ... enumerate */
    { 0x22, 0x41, 0x81, true },  /* MANAGE SECURITY ENVIRONMENT */
    { 0x86, 0x00, 0x00, true },  /* GENERAL AUTHENTICATE */
    { 0x68, 0x00, 0xFF, false }, /* SIGN, DECIPHER, AES, without data */
    { 0x62, 0x00, 0xFF, false }, { 0x78, 0x00, 0xFF, false },
    { 0xC0, 0x00, 0x00, false }, /* instructions of other cards */
    { 0xCA, 0x00, 0xFF, false }, { 0xCB, 0x00, 0xFF, false },
    { 0xFF, 0x00, 0xFF, true },
};

bool transcript_is_harmless(struct span command)
{
    struct apdu apdu;
    if (command.size < 4)
        return true; /* not a valid command: a card cannot act on it */
    bool formed = apdu_parse(command, &apdu);
    struct reader in = reader_of(span_part(command, 1, 2));
    uint8_t ins = read_u8(&in), p1 = read_u8(&in);
    bool data = !formed || apdu.data.size;
    for (size_t i = 0; i < COUNT_OF(harmless); i++)
        if (harmless[i].ins == ins && p1 >= harmless[i].p1_min && p1 <= harmless[i].p1_max)
            if (harmless[i].with_data || !data)
                return true;
    return false;
}
