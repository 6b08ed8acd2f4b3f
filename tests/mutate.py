#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Removes every single check of the product and expects a test to fail.

    mutate.py [--folder FOLDER] [--jobs N] [--suites A,B] [--sample N [--seed N]] [--least PERCENT]
              [--most SECONDS] [--list] [--report FILE] [PATTERN]

In a copy of the tree, each check gets a number and a switch: with MUTANT=number in the environment that
check is not made. So there is one build. Each test is run once with a list of the switches that it passes
(MUTANT_REACHED names the file), and each mutant is then a run of the tests that reach it, quickest first,
until one fails. The tests are those that meson knows, of the named suites.
What is a check is found in the sources by its form, so that a new one needs no entry anywhere:

    guard      if (...) return ...;            never returns (break, continue and goto are alike)
    part       one side of && or || in a check or a question   is not asked
    answer     condition ? REFUSAL : ...       never refuses, or condition ? ... : REFUSAL
    goes on    if (sw_ok(s)) ...               a refusal is not the end
    option     options & OPTION_X              never, always
    bound      a < b, a <= b, a > b, a >= b    one further
    check      s = check_x(...), r = x_verify(...)   is not made
    spends     x--;                            does not count
    forgets    session.x = false;, x_forget()  does not
    wipe       secret_wipe(...), x_wipe(...)   does not
    row        the rule of a command or of a class of files   becomes ANYONE
    fact       one fact of a rule              is not asked for

A mutant that no test notices is printed by file and line, and fails the run (with --least, when fewer than so
many of a hundred are noticed). Those that change nothing that
could be seen are named in tests/mutants.txt with the reason: one a line, FILE | TEXT | REASON. With PATTERN,
a regular expression, only mutants whose line of the list it matches are tried: '^card-os/' is the card."""

import argparse
import concurrent.futures
import json
import mmap
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

REFUSAL = r'\b(?:SW_(?!OK\b|AUTHENTICATED\b|END_OF_FILE\b)\w+|CHOICE_\w+|sw_wrong_pin)'
# In the card only a refusal is a check; below and above it, any way out.
FOLDERS = ('base', 'crypto', 'formats', 'storage', 'card-os', 'vpcd-bridge', 'daemon', 'host')
SUITES = 'fast,faults,attack,fuzz'
SLOWEST = 150  # seconds without a mutant; a test that needs longer is left out, and named
SWITCH = '''/* Which check this process leaves out, and which it reaches. */
#pragma once
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
extern int close(int fd); /* unistd.h has names that are taken here */
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wtype-limits"
#define MUTANTS_MAX 65536
__attribute__((weak)) int mutant_chosen = -1;
__attribute__((weak)) unsigned char *mutant_reached;
static inline void mutant_begin(void)
{
    const char *number = getenv("MUTANT"), *reached = getenv("MUTANT_REACHED");
    mutant_chosen = number ? atoi(number) : 0;
    int fd = reached ? open(reached, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at = mmap(NULL, MUTANTS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        mutant_reached = at;
    close(fd);
}
static inline int mutant_on(int number)
{
    if (mutant_chosen < 0)
        mutant_begin();
    if (mutant_reached)
        mutant_reached[number] = 1;
    return mutant_chosen == number;
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


LITERAL = r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\''


def blank(text):
    """The same text with comments and literals blanked out, so that brackets in them do not count."""
    def white(match):
        return re.sub(r'[^\n]', ' ', match.group())
    return re.sub(LITERAL, white, text, flags=re.S)


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
    return re.fullmatch(r'!?\(?r\)?(?: [<=!]+ 0)?', part.strip()) is not None


class File:
    """Rewrites the text of one file."""

    def __init__(self, mutants, path, text):
        self.mutants, self.path = mutants, path
        self.card = path.startswith('card-os/')
        self.literals = []
        self.text = re.sub(LITERAL, self.hide, text, flags=re.S)
        self.bare = blank(self.text)
        self.edits = []  # (from, to, new text), none inside another

    def line(self, at):
        return self.text.count('\n', 0, at) + 1

    def hide(self, match):
        """A literal becomes as many letters that no program has, so that its brackets and colons do not count."""
        if match.group().startswith('/*'):
            return match.group()
        self.literals.append(match.group())
        return chr(0xE000 + len(self.literals) - 1) * len(match.group())

    def shown(self, text):
        return re.sub('([\ue000-\uf8ff])\\1*', lambda match: self.literals[ord(match[1]) - 0xE000], text)

    def number(self, at, kind, text):
        return self.mutants.add(self.path, self.line(at), kind, self.shown(text))

    def options(self, at, text):
        def replace(match):
            none = self.number(at + match.start(), 'option, never', match.group())
            each = self.number(at + match.start(), 'option, always', match.group())
            return f'(mutant_on({none}) ? 0 : mutant_on({each}) ? 1 : ({match.group()}))'
        return re.sub(r'\b[\w>.-]+ & OPTION_\w+', replace, text)

    def bounds(self, at, text):
        """Comparisons, one further; none in the card, where they are lengths that rows have checked."""
        if self.card:
            return self.options(at, text)
        operand = r'[\w.\[\]]+(?:->[\w.\[\]]+)*(?:\([^()]*\))?'
        match = re.fullmatch(rf'(\s*)({operand}) (<=?|>=?) ({operand}(?: [-+] {operand})?)(\s*)', text)
        if not match or match[4] == '0':
            return text
        further = {'<': '<=', '<=': '<', '>': '>=', '>=': '>'}[match[3]]
        number = self.number(at, 'bound', text)
        return f'{match[1]}(mutant_on({number}) ? {match[2]} {further} {match[4]} : ' \
               f'{match[2]} {match[3]} {match[4]}){match[5]}'

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
        return self.bounds(at, text)

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

    def way_out(self, body, returned):
        """What the statement behind an if is, when it leaves; None: it goes on."""
        if not self.card:
            leaves = re.match(r'(?:return\b[^;]*|break|continue|goto \w+);', body)
            return leaves and leaves.group()
        refuses = returned and re.search(REFUSAL + r'|^s$|^false$', returned.group(1))
        return refuses and f'return {returned.group(1)}'

    def guards(self):
        for match in re.finditer(r'\bif \(', self.bare):
            opening = match.end() - 1
            end = closing(self.bare, opening)
            condition = self.text[opening + 1:end]
            body = self.bare[end + 1:].lstrip()
            returned = re.match(r'return ([^;]*);', body)
            way_out = self.way_out(body, returned)
            if way_out and not is_fault(condition):
                number = self.number(opening, 'guard', f'if ({condition}) {way_out}')
                new = f'mutant_on({number}) ? 0 : ({self.parts(opening + 1, condition)})'
            elif re.search(r'\bsw_ok\(\w+\)', condition) and not returned:
                number = self.number(opening, 'goes on', f'if ({condition}) {body.split(";")[0]}')
                new = f'mutant_on({number}) ? 1 : ({condition})'
            elif self.card or is_fault(condition):
                new = self.options(opening + 1, condition)
            else:
                new = self.parts(opening + 1, condition)
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
            if any(start < to and begin < end for begin, to, _ in self.edits):
                continue
            if match.group(1) == 'return':
                kind = re.findall(r'^(?:static )?(?:inline )?(\w+) \w+\(', self.bare[:start], re.M)[-1]
                passed = {'sw': 'SW_OK', 'int': '0', 'bool': 'true'}.get(kind)
                if not passed:
                    continue
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
            if len(split(old, ',')) > 1:
                continue  # several variables
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
                ('forgets', r'^[ ]+(\w*(?:forget|drop|session_end|sm_end|pin_reset)\w*\([^;]*\));'),
                ('wipe', r'^[ ]+(\w*(?:wipe|memzero|cleanse|bzero)\w*\([^;]*\));')):
            for match in re.finditer(pattern, self.bare, re.M):
                if any(begin <= match.start(1) < to for begin, to, _ in self.edits):
                    continue
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
        return '#include "mutant.h"\n#line 1\n' + self.shown(text)


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
    return once(text, r'\baccess_rule\(const struct call \*c\)\n\{\n', cases)


TABLES = {
    'card-os/commands.c': table_of_commands,
    'card-os/files.c': table_of_files,
    'card-os/access.c': table_of_rules,
}


def is_mutated(path):
    return path.endswith('.c') and path.split('/')[0] in FOLDERS


def tracked(source):
    if not (source / '.git').exists():  # from a tarball
        return sorted(str(path.relative_to(source)) for path in source.rglob('*')
                      if path.is_file() and not path.relative_to(source).parts[0].startswith('build'))
    listed = subprocess.run(['git', '-C', source, 'ls-files', '-z'], capture_output=True, text=True,
                            check=True).stdout.split('\0')
    return sorted(path for path in listed if path and (source / path).exists())


def rewrite(source, to):
    mutants = Mutants()
    for path in filter(is_mutated, tracked(source)):
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
    for path in tracked(source):
        if is_mutated(path):
            continue  # those are rewritten
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        if not (to / path).exists() or (to / path).read_bytes() != (source / path).read_bytes():
            shutil.copy2(source / path, to / path)


def build(folder):
    quiet = {'stdout': subprocess.DEVNULL}
    if not (folder / 'build').exists():
        subprocess.run(['meson', 'setup', 'build', '-Dwerror=false'], cwd=folder, check=True, **quiet)
    subprocess.run(['ninja', '-C', 'build'], cwd=folder, check=True, **quiet)


def tests_of(folder, suites):
    told = subprocess.run(['meson', 'introspect', '--tests', 'build'], cwd=folder, check=True,
                          capture_output=True, text=True).stdout
    wanted = set(suites.split(','))
    return [{**test, 'built': folder / 'build'} for test in json.loads(told)
            if {s.split(':')[-1] for s in test['suite']} & wanted]


def run(test, patience, **environment):
    """The exit status, None after so many seconds."""
    words = {**os.environ, 'CK_VERBOSITY': 'silent', **test['env'], **environment}
    process = subprocess.Popen(test['cmd'], env=words, cwd=test['workdir'] or test['built'], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        try:
            os.killpg(process.pid, 9)  # and what it left running
        except ProcessLookupError:
            pass
        process.wait()


def trace(folder, test):
    """Runs a test without a mutant: (seconds, the numbers it reaches), or why it is left out."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.truncate(65536)
        began = time.time()
        status = run(test, SLOWEST, MUTANT='0', MUTANT_REACHED=file.name)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as reached:
            numbers = {number for number, byte in enumerate(reached[:]) if byte}
    if status == 77:
        return 0, set()
    if status is None:
        return f'{test["name"]}: takes longer than {SLOWEST} s'
    return f'{test["name"]}: fails without any mutant' if status else (time.time() - began, numbers)


def trace_all(folder, tests, jobs):
    """For each number, the tests that reach it, the quick and special ones first; and complaints."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda test: trace(folder, test), tests))
    complaints = [result for result in results if isinstance(result, str)]
    timed = sorted(((result[0], test, result[1]) for test, result in zip(tests, results)
                    if not isinstance(result, str)),
                   key=lambda row: (row[0] + 0.05) * len(row[2]) ** 0.5)
    reaching = {}
    for seconds, test, numbers in timed:
        for number in numbers:
            reaching.setdefault(number, []).append((seconds, test))
    return reaching, complaints


def killed_by(number, reaching, most):
    """The test that notices; None: none does, or none within `most` seconds."""
    began = time.time()
    for seconds, test in reaching.get(number, []):
        if most and time.time() + seconds > began + most:
            continue
        status = run(test, 20 + 10 * seconds, MUTANT=str(number))
        if status is None:
            return test['name'] + ', which does not end'
        if status:
            return test['name']
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


def try_all(chosen, jobs, reaching, most, report):
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(killed_by, number, reaching, most): (number, mutant) for number, mutant in chosen}
        for done in concurrent.futures.as_completed(running):
            killer, (number, mutant) = done.result(), running[done]
            nobody = 'SURVIVES' if number in reaching else 'IS NOT REACHED'
            print(f'{told(mutant)} -> {killer or nobody}', file=report, flush=True)
            if not killer:
                survivors.append((mutant, nobody))
    return survivors


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    arguments.add_argument('--source', default=pathlib.Path(__file__).resolve().parent.parent)
    arguments.add_argument('--jobs', type=int, default=os.cpu_count())
    arguments.add_argument('--suites', default=SUITES, help=f'of meson, default: {SUITES}')
    arguments.add_argument('--sample', type=int, help='so many, drawn at random')
    arguments.add_argument('--seed', type=int, default=None, help='of the drawing; default: another each time')
    arguments.add_argument('--least', type=float, default=100, help='of a hundred that must be noticed')
    arguments.add_argument('--most', type=float, help='seconds for one mutant; it then counts as not noticed')
    arguments.add_argument('--list', action='store_true')
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
    if given.sample:
        seed = random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
        chosen = random.Random(seed).sample(chosen, min(given.sample, len(chosen)))
        print(f'seed {seed}')
    if given.list:
        print(*(told(mutant) for _, mutant in chosen), sep='\n')
        return 1 if unknown else 0
    build(folder)
    reaching, complaints = trace_all(folder, tests_of(folder, given.suites), given.jobs)
    print(*complaints, sep='\n', flush=True)
    survivors = try_all(chosen, given.jobs, reaching, given.most, given.report)
    noticed = len(chosen) - len(survivors)
    share = 100 * noticed / max(len(chosen), 1)
    print(f'{len(mutants)} mutants, {len(chosen)} tried, {noticed} found ({share:.1f} %), '
          f'{len(known)} known to change nothing, {(time.time() - began) / 60:.0f} minutes')
    for (survivor, how) in sorted(survivors):
        print(f'no test notices ({how.lower()}): {told(survivor)}')
    return 1 if share < given.least or unknown else 0


if __name__ == '__main__':
    sys.exit(main())
