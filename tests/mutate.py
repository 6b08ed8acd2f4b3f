#!/usr/bin/python3
"""Removes every single check of the card and expects a test to fail.

    mutate.py [--built FOLDER] [--folder FOLDER] [--jobs N] [--list] [--report FILE] [PATTERN]

In a copy of the tree, each check gets a number and a switch: with MUTANT=number in the environment that
check is not made. So there is one build, and each mutant is a run of the tests until the first that fails.
What is a check is found in the sources by its form, so that a new one needs no entry anywhere:

    guard      if (...) return REFUSAL;        never refuses
    part       one side of && or || in a check or a question   is not asked
    answer     condition ? REFUSAL : ...       never refuses, or condition ? ... : REFUSAL
    goes on    if (sw_ok(s)) ...               a refusal is not the end
    option     options & OPTION_X              never, always
    check      s = check_x(...), r = x_verify(...)   is not made
    spends     x--;                            does not count
    forgets    session.x = false;, x_forget()  does not
    row        the rule of a command or of a class of files   becomes ANYONE
    fact       one fact of a rule              is not asked for

A mutant that no test notices is printed by file and line, and fails the run. Those that change nothing that
could be seen are named in tests/mutants.txt with the reason: one a line, FILE | TEXT | REASON. With PATTERN,
a regular expression, only mutants whose line of the list it matches are tried."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

REFUSAL = r'\b(?:SW_(?!OK\b|AUTHENTICATED\b|END_OF_FILE\b)\w+|CHOICE_\w+|sw_wrong_pin)'
SLOWEST = 'tests/faults/test_card_faults'
# Programs, quickest first: what they find they find soon.
TESTS = [
    ['tests/model/run_model', '--seed', '1', '--commands', '4000', '--shorten', '0'],
    ['tests/run_transcript', '--rows', '{source}/tests/transcripts/*.txt'],
    ['tests/run_transcript', '--capacity=2048', '{source}/tests/transcripts/limited/capacity.txt'],
    ['tests/unit/test_capacity'],
    ['tests/unit/test_strict'],
    ['tests/unit/test_card_channel'],
    ['tests/unit/test_card_records'],
    ['tests/unit/test_card_files'],
    ['tests/unit/test_stored_forms'],
    ['tests/unit/test_reserve_use'],
    ['tests/unit/test_card_pins'],
    ['tests/unit/test_exchange'],
    ['tests/unit/test_custodians'],
    ['tests/unit/test_roots'],
    ['tests/unit/test_trust'],
    ['tests/unit/test_card_log'],
    ['tests/model/run_model', '--seed', '2', '--commands', '30000', '--shorten', '0'],
    ['tests/unit/test_card_raw_keys'],
    ['tests/unit/test_device_chain'],
    ['tests/unit/test_checklist'],
    ['tests/unit/test_secret'],
    ['tests/unit/test_card_wrap'],
    ['tests/unit/test_card_keys'],
    ['tests/unit/test_growth'],
    ['tests/unit/test_card_binding'],
    ['tests/matrix/run_matrix', '{source}/tests/matrix/access.txt'],
    ['tests/model/run_model', '--seed', '3', '--commands', '150000', '--shorten', '0'],
    [SLOWEST],
]
SWITCH = '''/* Which check this process leaves out. */
#pragma once
#include <stdlib.h>
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wextra"
static inline int mutant_on(int number)
{
    static int chosen = -1;
    if (chosen < 0)
        chosen = getenv("MUTANT") ? atoi(getenv("MUTANT")) : 0;
    return chosen == number;
}
'''


class Mutants:
    def __init__(self):
        self.found = []

    def add(self, path, line, kind, text):
        self.found.append((path, line, kind, ' '.join(text.split())))
        return len(self.found)


def closing(text, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    while True:
        if text[at] in '([{':
            depth += 1
        elif text[at] in ')]}':
            depth -= 1
            if not depth:
                return at
        at += 1


def blank(text):
    """The same text with comments and literals blanked out, so that brackets in them do not count."""
    def white(match):
        return re.sub(r'[^\n]', ' ', match.group())
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'', white, text, flags=re.S)


def split(text, operator):
    """The parts of an expression between an operator that stands in no brackets."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        if text[at] in '([{':
            depth += 1
        elif text[at] in ')]}':
            depth -= 1
        elif not depth and text.startswith(operator, at):
            parts.append(text[start:at])
            start = at + len(operator)
            at = start - 1
        at += 1
    return parts + [text[start:]]


def is_fault(part):
    """Only asks whether the machine failed."""
    return re.fullmatch(r'!?r(?: [<=!]+ 0)?', part.strip()) is not None


class File:
    """Rewrites the text of one file."""

    def __init__(self, mutants, path, text):
        self.mutants, self.path, self.text = mutants, path, text
        self.bare = blank(text)
        self.edits = []  # (from, to, new text), none inside another

    def line(self, at):
        return self.text.count('\n', 0, at) + 1

    def number(self, at, kind, text):
        return self.mutants.add(self.path, self.line(at), kind, text)

    def options(self, at, text):
        def replace(match):
            none = self.number(at + match.start(), 'option, never', match.group())
            each = self.number(at + match.start(), 'option, always', match.group())
            return f'(mutant_on({none}) ? 0 : mutant_on({each}) ? 1 : ({match.group()}))'
        return re.sub(r'\b[\w>.-]+ & OPTION_\w+', replace, text)

    def parts(self, at, text):
        """An expression of && and ||, each part of which can be left out."""
        condition = split(text, '?')[0]
        if condition != text:
            first, second = self.arms(text[len(condition) + 1:])
            middle = at + len(condition) + 1
            return f'({self.parts(at, condition)}) ?{self.parts(middle, first)}:' \
                   f'{self.parts(middle + len(first) + 1, second)}'
        for operator, without in (('||', 0), ('&&', 1)):
            parts = split(text, operator)
            if len(parts) == 1:
                continue
            new = []
            for part in parts:
                inner = self.parts(at, part)
                if not is_fault(part):
                    number = self.number(at, 'part', f'{part.strip()}  of  {text.strip()}')
                    inner = f'(mutant_on({number}) ? {without} : !!({inner}))'
                new.append(inner)
                at += len(part) + len(operator)
            return operator.join(new)
        stripped = text.strip()
        if stripped.startswith('(') and closing(stripped, 0) == len(stripped) - 1:
            return f'({self.parts(at, stripped[1:-1])})'
        return self.options(at, text)

    def answer(self, at, text):
        """condition ? a : b, in which one of both refuses."""
        sides = split(text, '?')
        if len(sides) == 1:
            return self.parts(at, text) if len(split(text, '&&')) + len(split(text, '||')) > 2 \
                else self.options(at, text)
        condition = sides[0]
        rest = text[len(condition) + 1:]
        first, second = self.arms(rest)
        new = self.parts(at, condition)
        for arm, forced in ((first, 0), (second, 1)):
            if re.match(r'\s*' + REFUSAL, arm) and not is_fault(condition):
                number = self.number(at, 'answer', f'{condition.strip()} ? {rest.strip()}')
                new = f'mutant_on({number}) ? {forced} : ({new})'
        offset = at + len(condition) + 1
        return f'({new}) ?{self.answer(offset, first)}:' \
               f'{self.answer(offset + len(first) + 1, second)}'

    @staticmethod
    def arms(text):
        depth = nested = 0
        for at, letter in enumerate(text):
            depth += (letter in '([{') - (letter in ')]}')
            if depth:
                continue
            if letter == '?':
                nested += 1
            elif letter == ':':
                if not nested:
                    return text[:at], text[at + 1:]
                nested -= 1
        return text, ''

    def edit(self, start, end, new):
        self.edits.append((start, end, new))

    def guards(self):
        for match in re.finditer(r'\bif \(', self.bare):
            opening = match.end() - 1
            end = closing(self.bare, opening)
            condition = self.text[opening + 1:end]
            body = self.bare[end + 1:].lstrip()
            returned = re.match(r'return ([^;]*);', body)
            if returned and not is_fault(condition) and \
                    re.search(REFUSAL + r'|^s$|^false$', returned.group(1)):
                number = self.number(opening, 'guard',
                                     f'if ({condition}) return {returned.group(1)}')
                new = f'mutant_on({number}) ? 0 : ({self.parts(opening + 1, condition)})'
            elif re.search(r'\bsw_ok\(\w+\)', condition) and not returned:
                number = self.number(opening, 'goes on', f'if ({condition}) {body.split(";")[0]}')
                new = f'mutant_on({number}) ? 1 : ({condition})'
            else:
                new = self.options(opening + 1, condition)
            if new != condition:
                self.edit(opening + 1, end, new)

    def checks(self):
        """Calls whose result is s, r or what the function returns, unless they are changed already."""
        pattern = r'(\bs|\br|\breturn)( = | )((?:[\w>.()-]*->)?\w*(?:check|verify|unique|prove)\w*\()'
        for match in re.finditer(pattern, self.bare):
            start = match.start(3)
            end = closing(self.bare, match.end() - 1) + 1
            if self.bare[end] != ';' or (match.group(1) == 'return') != (match.group(2) == ' '):
                continue
            if match.group(1) == 'return':
                kind = re.findall(r'^(?:static )?(?:inline )?(\w+) \w+\(', self.bare[:start], re.M)[-1]
                passed = {'sw': 'SW_OK', 'int': '0', 'bool': 'true'}[kind]
            else:
                passed = 'SW_OK' if match.group(1) == 's' else '0'
            number = self.number(start, 'check', self.text[start:end])
            self.edit(start, end, f'mutant_on({number}) ? {passed} : {self.text[start:end]}')

    def answers(self):
        pattern = r'\breturn ([^;{}]+);|^ +(?:\w+ )?[*\w>.\[\]-]+ [|&]?= ([^;{}]+);'
        for match in re.finditer(pattern, self.bare, re.M):
            group = 1 if match.group(1) else 2
            start, end = match.span(group)
            old = self.text[start:end]
            new = self.answer(start, old)
            if new != old:
                self.edit(start, end, new)

    def other_options(self):
        """Where they stand in none of these."""
        for match in re.finditer(r'\b[\w>.-]+ & OPTION_\w+', self.bare):
            if not any(start <= match.start() < end for start, end, _ in self.edits):
                self.edit(*match.span(), self.options(match.start(), match.group()))

    def statements(self):
        for kind, pattern in (
                ('spends', r'^[ ]+([\w>.\[\]-]+--);'),
                ('forgets', r'^[ ]+([\w>.\[\]-]*(?:session|c->)[\w>.\[\]-]* = '
                            r'(?:false|NO_CUSTODIAN|\(struct holder\)\{ 0 \}));'),
                ('forgets', r'^[ ]+(\w*(?:forget|drop|end_session|sm_end|pin_reset)\w*\([^;]*\));')):
            for match in re.finditer(pattern, self.bare, re.M):
                before = self.bare[:match.start()].rstrip()
                if before.endswith(')') and not re.search(r';\s*$|\}\s*$|\{\s*$', before):
                    pass  # the body of an if: leaving it out is the same
                number = self.number(match.start(1), kind, match.group(1))
                self.edit(match.start(1), match.end(1),
                          f'do {{ if (!mutant_on({number})) {{ {match.group(1)}; }} }} while (0)')

    def rewritten(self):
        self.guards()
        self.answers()
        self.checks()
        self.statements()
        self.other_options()
        text = self.text
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return '#include "mutant.h"\n#line 1\n' + text


def once(text, pattern, cases):
    """With the cases behind the one place that is meant."""
    changed, found = re.subn(pattern, lambda match: match.group() + cases, text)
    assert found == 1, f'{pattern}: {found} times'
    return changed


def table_of_commands(mutants, path, text):
    rows = re.findall(r'^    \{ ("[^"]+"), 0x', text, re.M)
    start = text.index('static const struct command commands')
    rules = {}
    for index, match in enumerate(re.finditer(r'^    \{ "([^"]+)", 0x.*?\},?\n(?=\s*(?:\{ "|\};|/\*))',
                                              text[start:], re.M | re.S)):
        line = text.count('\n', 0, start + match.start()) + 1
        open_already = re.search(r'\bANYONE,', match.group())
        rules[index] = 0 if open_already else mutants.add(path, line, 'row', match.group(1))
    assert len(rules) == len(rows), 'a row of the table of commands is not understood'
    cases = ''.join(f'    if (index == {i} && mutant_on({n})) commands[{i}].rule = ANYONE;\n'
                    for i, n in rules.items() if n)
    text = text.replace('static const struct command commands', 'static struct command commands')
    return once(text, r'\{\n(?=    return &commands\[index\];)', cases)


def table_of_files(mutants, path, text):
    text = text.replace('static const struct file_class classes', 'static struct file_class classes')
    cases, start = '', text.index('struct file_class classes')
    for index, match in enumerate(re.finditer(r'^    \{ ("[^"]+"),.*?\},?\n', text[start:],
                                              re.M | re.S)):
        line = text.count('\n', 0, start + match.start()) + 1
        rights = re.findall(r'\b(?:ANYONE|NEVER|USER|READ_LOG|NO_SUCH_FILE)\b', match.group())
        for right, rule in zip(('read', 'write', 'delete'), rights, strict=True):
            if rule == 'ANYONE':
                continue
            number = mutants.add(path, line, 'row', f'{match.group(1)}, {right}')
            cases += f'    if (mutant_on({number})) classes[{index}].{right} = ANYONE;\n'
    return once(text, r'\bfile_class_of\([^)]*\)\n\{\n', cases)


def table_of_rules(mutants, path, text):
    text = text.replace('static const struct {\n    const char *name, *text;',
                        'static struct {\n    const char *name, *text;')
    cases, start = '', text.index('[NEVER] = {')
    end = text.index('\n};', start)
    for match in re.finditer(r'\[(\w+)\] = \{(.*?)\n?[^\n]*\},\n(?=    \[|$)', text[start:end] + '\n',
                             re.S):
        body = match.group(0)
        line = text.count('\n', 0, start + match.start()) + 1
        for fact in dict.fromkeys(re.findall(r'\b(FACT_\w+|NEVER_HOLDS)', body)):
            number = mutants.add(path, line, 'fact', f'{match.group(1)}: {fact}')
            cases += f'    if (mutant_on({number})) {{ rules[{match.group(1)}].needs &= ~{fact}; ' \
                     f'rules[{match.group(1)}].exists &= ~{fact}; }}\n'
    return once(text, r'\bresolve\(const struct call \*c\)\n\{\n', cases)


TABLES = {
    'card-os/commands.c': table_of_commands,
    'card-os/files.c': table_of_files,
    'card-os/access.c': table_of_rules,
}


def rewrite(source, to):
    mutants = Mutants()
    listed = subprocess.run(['git', '-C', source, 'ls-files', '-z', 'card-os'],
                            capture_output=True, text=True, check=True).stdout.split('\0')
    for path in sorted(p for p in listed if p.endswith('.c')):
        text = (source / path).read_text()
        new = File(mutants, path, text).rewritten()
        if path in TABLES:
            new = TABLES[path](mutants, path, new)
        write(to / path, new)
    write(to / 'mutant.h', SWITCH)
    return mutants.found


def write(file, text):
    """Leaves alone what is written already, so that a folder used again is not built again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def copy(source, to):
    listed = subprocess.run(['git', '-C', source, 'ls-files', '-z'], capture_output=True, text=True,
                            check=True).stdout.split('\0')
    for path in listed:
        if not path or (path.startswith('card-os/') and path.endswith('.c')):
            continue  # those are rewritten
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        if not (to / path).exists() or (to / path).read_bytes() != (source / path).read_bytes():
            shutil.copy2(source / path, to / path)


def build(folder, built):
    """built: a build folder of the same sources, of which only the card has to be compiled again."""
    programs = sorted({test[0] for test in TESTS})
    quiet = {'stdout': subprocess.DEVNULL}
    if built and not (folder / 'build').exists():
        shutil.copytree(built, folder / 'build', symlinks=True)
        rules = folder / 'build' / 'build.ninja'  # which must not be made anew, for the old place
        rules.write_text(re.sub(r'^build [^\n]*: REGENERATE_BUILD .*?\n\n', '', rules.read_text(),
                                flags=re.M | re.S))
    if not (folder / 'build').exists():
        subprocess.run(['meson', 'setup', 'build'], cwd=folder, check=True, **quiet)
    subprocess.run(['ninja', '-C', 'build', *programs], cwd=folder, check=True, **quiet)


def command(folder, test):
    words = [str(folder / 'build' / test[0])]
    for word in test[1:]:
        word = word.format(source=folder)
        parent = pathlib.Path(word)
        words += sorted(map(str, parent.parent.glob(parent.name))) if '*' in word else [word]
    return words


def killed_by(folder, number, tests):
    """The test that notices; None: none does."""
    environment = {**os.environ, 'MUTANT': str(number), 'CK_FORK': 'no', 'CK_VERBOSITY': 'silent'}
    for test in tests:
        try:
            patience = 600 if test[0] == SLOWEST else 60
            ended = subprocess.run(command(folder, test), env=environment, timeout=patience,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return test[0] + ', which does not end'
        if ended.returncode:
            return test[0]
    return None


def known_equivalents(source):
    known = {}
    file = source / 'tests' / 'mutants.txt'
    for line in file.read_text().splitlines() if file.exists() else []:
        if line and not line.startswith('#'):
            path, text, reason = (field.strip() for field in line.split(' | '))
            known[path, text] = reason
    return known


def told(mutant):
    path, line, kind, text = mutant
    return f'{path}:{line}: {kind}: {text}'


def try_all(folder, chosen, jobs, tests, report):
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(killed_by, folder, number, tests): mutant for number, mutant in chosen}
        for done in concurrent.futures.as_completed(running):
            killer = done.result()
            print(f'{told(running[done])} -> {killer or "SURVIVES"}', file=report, flush=True)
            if not killer:
                survivors.append(running[done])
    return survivors


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    arguments.add_argument('--source', default=pathlib.Path(__file__).resolve().parent.parent)
    arguments.add_argument('--jobs', type=int, default=os.cpu_count())
    arguments.add_argument('--tests', type=int, default=len(TESTS), help='the first so many alone')
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('--built', help='a build folder of the source, which saves compiling')
    arguments.add_argument('--folder', help='for the copy; it stays, and is used again')
    arguments.add_argument('--report', type=argparse.FileType('w'), default=sys.stdout)
    arguments.add_argument('pattern', nargs='?', default='')
    given = arguments.parse_args()
    source, began = pathlib.Path(given.source), time.time()
    temporary = None if given.folder else tempfile.TemporaryDirectory(prefix='mutants-')
    folder = pathlib.Path(given.folder or temporary.name)
    copy(source, folder)
    mutants = rewrite(source, folder)
    known = known_equivalents(source)
    unknown = set(known) - {(m[0], m[3]) for m in mutants}
    for path, text in sorted(unknown):
        print(f'tests/mutants.txt names what there is not: {path} | {text}')
    chosen = [(number, mutant) for number, mutant in enumerate(mutants, 1)
              if re.search(given.pattern, told(mutant)) and (mutant[0], mutant[3]) not in known]
    if given.list:
        print(*(told(mutant) for _, mutant in chosen), sep='\n')
        return 0
    build(folder, given.built)
    failing = killed_by(folder, 0, TESTS[:given.tests])
    if failing:
        print(f'without any mutant {failing} fails')
        return 1
    survivors = try_all(folder, chosen, given.jobs, TESTS[:given.tests], given.report)
    print(f'{len(mutants)} mutants, {len(chosen)} tried, {len(chosen) - len(survivors)} found, '
          f'{len(known)} known to change nothing, {(time.time() - began) / 60:.0f} minutes')
    for survivor in sorted(survivors):
        print(f'no test notices: {told(survivor)}')
    return 1 if survivors or unknown else 0


if __name__ == '__main__':
    sys.exit(main())
