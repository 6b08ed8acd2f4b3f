#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Foreign text reaches a terminal through host/tool/cli/terminal_text.c alone.

No other file of the tool calls a function that prints, and what is handed to text_own() and as a
format is a literal. Usage: printing.py FOLDER, or --self-test.
"""
import re
import sys
from pathlib import Path

PRINTERS = re.compile(
    r"\b(?:(?:f|v|vf|d|vd)?w?printf|(?:f?puts|f?putc|putchar|fwrite)(?:_unlocked)?|putw|f?putwc|fputws|"
    r"json_dump(?:f|fd|_file|_callback)|perror|psignal|errx?|verrx?|warnx?|error|v?syslog)\(|"
    r"\bwrite\((?:STD|[12],|fileno)")
# Not for people: file and what it prints to.
WRITES_FILES = {
    "host/tool/log/log_export.c": "files of the log, whose form is written down",
    "host/tool/log/evidence_file.c": "files of the log",
    "host/tool/log/log_source.c": "snapshots, whose form is written down",
    "host/tool/store/store_create.c": "the receipt's file",
    "host/tool/cli/whole_file.c": "contents that were asked for, as they are",
    "host/world/world_readers.c": "pcscd's configuration",
}
# ... which never is one of these.
TERMINALS = re.compile(r"\b(?:std(?:out|err)|STD\w+_FILENO)\b")
OWN_ALONE = {
    "host/tool/cli/completion.c": "a script made of our own words",
    "host/world/world_inside.c": "what became of a process, in our own words",
}
# Take a format as their second argument: found_formatters() makes sure that these are all.
FORMATTERS = ("text_print", "text_vprint", "tool_complain", "usage_wrong")
# Take one, and print nothing on a terminal.
OTHER_FORMATTERS = {"failure", "refuse", "text_complain"}
OWN_WORDS = {"any", "done", "ended", "strict", "size", "to", "stdout", "stderr", "GLASSHSM_VERSION"}


def without_comments(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0)
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', blank, text, flags=re.S)


def call_at(text, start):
    """The arguments of the call whose bracket is at start, without literals."""
    depth, end = 0, start
    bare = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + "_" * (len(m.group(0)) - 2) + '"', text[start:])
    for end, c in enumerate(bare):
        depth += c == "("
        depth -= c == ")"
        if depth == 0:
            break
    return bare[1:end]


def split(arguments):
    out, depth = [""], 0
    for c in arguments:
        depth += c in "([{"
        depth -= c in ")]}"
        if c == "," and depth == 0:
            out.append("")
        else:
            out[-1] += c
    return [one.strip() for one in out]


def is_own(argument):
    words = re.findall(r"[A-Za-z_]\w*", re.sub(r'"_*"', "", argument))
    return all(word in OWN_WORDS for word in words)


def is_literal(argument):
    return re.sub(r'"_*"|PRI\w+|JSON_INTEGER_FORMAT|\s', "", argument) == "" or (
        argument.count("?") and all('"' in part for part in re.split(r"[?:]", argument)[1:]))


# What terminal_text.c knows: anything else would end the program when it comes to be printed.
KNOWN = re.compile(r"%[-+ #0]{0,5}(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:(?:hh?|ll?|[zjt])?[diuxXo]|[sfeg])|%%")


def unknown_conversions(text, start):
    """Those in the literals of a call that terminal_text.c does not know."""
    size = len(call_at(text, start))
    call = re.sub(r"\bPRI\w+|JSON_INTEGER_FORMAT", '"u"', text[start + 1:start + 1 + size])
    literals = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', call))
    return "%" in KNOWN.sub("", literals)


def breaches(name, text):
    text = without_comments(text)
    line = lambda at: text.count("\n", 0, at) + 1
    if name not in OWN_ALONE:
        bare = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + "_" * (len(m.group(0)) - 2) + '"', text)
        for found in PRINTERS.finditer(bare):
            bracket = bare.find("(", found.start())
            to_file = (name in WRITES_FILES and re.match(r"f|dprintf|putc\(|write", found.group(0)) and
                       not TERMINALS.search(call_at(bare, bracket)))
            if not to_file and not re.match(r"(sn|vsn)printf", bare[found.start() - 2:found.end()]):
                yield f"{name}:{line(found.start())}: prints by itself: {found.group(0)}"
    names = "|".join(["text_own", *FORMATTERS])
    if "#define complain(client, ...)" in text: # takes a format behind its first argument, too
        names += "|complain"
    for found in re.finditer(rf"\b({names})(?=\()", text):
        arguments = split(call_at(text, found.end()))
        if len(arguments) < 2 or re.search(r"\*format\b|struct|__VA_ARGS__|\.\.\.", " ".join(arguments)):
            continue # a declaration
        if found.group(1) != "text_own" and unknown_conversions(text, found.end()):
            yield f"{name}:{line(found.start())}: conversion that terminal_text.c does not know"
        if found.group(1) != "text_own" and "?" not in arguments[1] and re.search(
                r"[?:]\s*\"[^\"]*\\[nrt]", text[found.end():found.end() + 1 + len(call_at(text, found.end()))]):
            yield f"{name}:{line(found.start())}: a newline of ours as an argument is taken for a foreign one"
        good = is_own(arguments[1]) if found.group(1) == "text_own" else is_literal(arguments[1])
        if found.group(1) == "text_vprint":
            good = arguments[1] == "format"
        if not good:
            yield f"{name}:{line(found.start())}: {found.group(1)}: not our own words: {arguments[1]}"


def unheard_formatters(root):
    """Functions that take a format and that nobody here looks at."""
    for path in sorted([*root.glob("base/*.h"), *root.glob("host/**/*.[ch]")]):
        for name in re.findall(r"(\w+)\([^;{}]*\)\s*PRINTF_LIKE", without_comments(path.read_text())):
            if name not in FORMATTERS and name not in OTHER_FORMATTERS:
                yield f"{path.relative_to(root)}: {name}() takes a format: name it in FORMATTERS"


def self_test():
    bad = ['printf("%s", name);', "puts(name);", "putchar(c);", 'fprintf(stderr, "x");', "fputs(name, to);",
           "fwrite(text.at, 1, text.size, stdout);", "json_dumpf(all, stdout, 0);", 'perror("x");',
           'dprintf(fd, "x");', "fputc(c, to);", "putc(c, to);", "write(STDOUT_FILENO, a, b);",
           "write(1, a, b);", "vfprintf(to, format, arguments);", "fputs_unlocked(a, b);",
           "text_own(stdout, name);", "text_own(stdout, good ? name : \"x\");", "text_own(to, order->path);",
           "text_print(stdout, name);", "text_print(to, format_of(name), x);", "tool_complain(2, name);",
           'warnx("%s", a);', 'error(1, 0, "x");', "putchar_unlocked(c);", 'text_print(to, "%c", c);', 'text_print(to, "a%s", x ? "\\n" : "");', 'text_print(to, "a" "%5p", c);', 'tool_complain(1, "%ms", c);',
           'text_print(to, "%F", x);', 'text_print(to, "%Lf", x);', 'text_print(to, "%a", x);', 'tool_complain(1, "%ls", w);',
           'text_print(to, "%n", &n);', 'text_print(to, "%1$s", a);', 'tool_complain(1, "100%");', 'text_print(to, "%lc", c);',
           'text_vprint(to, "%p", a);', 'tool_complain(1, x ? "%u" : "%c", c);']
    good = ['text_print(stdout, "%s", name);', 'text_own(stdout, "x, (y" "z");', "text_own(stdout, GLASSHSM_VERSION);",
            'text_own(to, any && done ? "," : "");', "snprintf(a, sizeof a, \"%s\", b);",
            '/* printf("x") */', 'text_own(stdout, "printf(x)");',
            'text_print(stdout, as_json ? "a%u" : "b%u", n);', 'tool_complain(2, "x %s", a);',
            'text_print(to, "%" PRIu64 "\\n", n);', 'text_print(to, "%.1f %-*s %5.2g%% %hhx %zu", x, n, a, y, b, c);', "void text_print(FILE *to, const char *format, ...)"]
    files = [("printf(\"x\");", 1), ("fprintf(to, a);", 0), ("fputs(a, stdout);", 1), ("fwrite(a, 1, n, draft.file);", 0),
             ("putchar(c);", 1), ("fprintf(stderr, a);", 1), ("puts(a);", 1)]
    failed = [one for one, expected in files
              if len(list(breaches("host/tool/log/log_export.c", one))) != expected]
    failed += [one for one in bad if not list(breaches("x.c", one))]
    failed += [one for one in good if list(breaches("x.c", one))]
    for one in failed:
        print("wrongly judged:", one)
    return bool(failed)


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root = Path(sys.argv[1])
    files = sorted(root.glob("host/**/*.c"))
    found = [one for path in files if path.name != "terminal_text.c"
             for one in breaches(str(path.relative_to(root)), path.read_text())]
    found += unheard_formatters(root)
    print("\n".join(found))
    return bool(found) or len(files) < 50


if __name__ == "__main__":
    sys.exit(main())
