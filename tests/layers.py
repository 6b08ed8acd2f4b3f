#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The include rule: checks every C file under a folder against tests/layers.toml.

    layers.py FOLDER          one line for each breach; exit status 1 when there is one
    layers.py --self-test     shows that breaches are found
"""
import re
import sys
import tempfile
import tomllib
from pathlib import Path

RULES = Path(__file__).with_name("layers.toml")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_of(text):
    """The text with comments and literals blanked; lines stay where they are."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def layer_of(path, rules):
    for layer, patterns in rules["layers"].items():
        if any(re.search(pattern, path) for pattern in patterns):
            return layer
    return None


def check_include(path, layer, target, ours, rules):
    if ours:
        other = layer_of(target, rules)
        if other is None:
            return f'"{target}" is not named from the root of the project'
        if other != layer and other not in rules["may_include"][layer]:
            return f"{layer} must not include {other} ({target})"
        return None
    for pattern, owners in rules["owners"].items():
        if re.search(pattern, target) and layer not in owners and path not in owners:
            return f"<{target}> belongs to {', '.join(owners)}"
    return None


def check_file(path, text, folder, rules):
    layer = layer_of(path, rules)
    if layer is None:
        yield f"{path}: in no layer"
        return
    code = code_of(text).split("\n")
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found and code[number - 1].strip():
            ours = found[1] == '"' and (folder / found[2]).exists()
            if found[1] == '"' and not ours and layer != "tests":
                yield f'{path}:{number}: "{found[2]}" is not named from the root of the project'
                continue
            breach = check_include(path, layer, found[2], ours, rules)
            if breach:
                yield f"{path}:{number}: {breach}"
        for pattern in rules["forbidden"].get(layer, []):
            said = re.search(pattern, code[number - 1])
            if said:
                yield f"{path}:{number}: {layer} must not say {said[0]}"
        for pattern, owners in rules["only"].items():
            said = re.search(pattern, code[number - 1])
            if said and layer not in owners and path not in owners:
                yield f"{path}:{number}: {said[0]} is not for {path}"


def files_in(folder):
    for path in sorted(folder.rglob("*.[ch]")):
        name = path.relative_to(folder).as_posix()
        if not re.match(r"build[^/]*/|\.", name):
            yield name, path


def unit_of(path):
    """A header and its source are one unit."""
    return path.rsplit(".", 1)[0]


def includes_by_unit(folder):
    """Which units each unit includes."""
    units = {}
    for name, path in files_in(folder):
        ours = units.setdefault(unit_of(name), set())
        for line in path.read_text().split("\n"):
            found = INCLUDE.match(line)
            if found and found[1] == '"' and (folder / found[2]).exists():
                ours.add(unit_of(found[2]))
    return units


def circles(graph):
    """The sets of units of which each reaches every other: Tarjan's strongly connected components."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == index[node]:
            members = set()
            while node not in members:
                members.add(stack.pop())
            if len(members) > 1:
                found.append(members)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def check_circles(folder, rules):
    """A circle is listed with exactly its members, so that one that shrinks or goes is noticed, too."""
    listed = [set(members) for members in rules["circles"]["remain"]]
    found = circles(includes_by_unit(folder))
    for members in found:
        if members not in listed:
            yield "a circle of files that is not listed: " + ", ".join(sorted(members))
    for members in listed:
        if members not in found:
            yield "no such circle any more, mend the list: " + ", ".join(sorted(members))


def check(folder, rules):
    return [breach for name, path in files_in(folder)
            for breach in check_file(name, path.read_text(), folder, rules)] + list(check_circles(folder, rules))


CASES = {  # file, text, what the breach says; None: no breach
    "card-os/a.c": ('#include "storage/db.h"\n', "card must not include storage"),
    "card-os/b.c": ('#include "storage/store.h"\n', None),
    "card-os/c.c": ("int x = time(0);\n", "card must not say time("),
    "card-os/d.c": ("/* time( */ int x;\n", None),
    "base/e.c": ("#include <sqlite3.h>\n", "<sqlite3.h> belongs to"),
    "daemon/f.c": ('#include "config.h"\n', "is not named from the root"),
    "host/client/g.c": ('#include "storage/store.h"\n', "client must not include face"),
    "elsewhere/h.c": ("\n", "in no layer"),
    "storage/store.h": ("", None),
    "card-os/cmd/i.c": ("void f(struct card *card);\n", "is not for card-os/cmd/i.c"),
    "card-os/j.c": ("void f(const struct card *card);\n", None),
    "card-os/k.c": ("staging_take_over(card, staged);\n", "is not for card-os/k.c"),
    "card-os/dispatch.c": ("staging_take_over(card, staged);\n", "is not for card-os/dispatch.c"),
    "card-os/sm.c": ("void f(struct card *card);\n", None),
    "card-os/l.c": ("session_wanted(c)->pin = true;\n", "is not for card-os/l.c"),
    "card-os/m.c": ("session_logging_in(c)->pin = true;\nsession_losing(c)->pin = false;\n", None),
    "card-os/n.c": ("session->custodians[place] = is_right;\n", "is not for card-os/n.c"),
    "storage/db.h": ("#include <sqlite3.h>\n", None),
    "base/one.h": ("", None),
    "base/one.c": ('#include "base/two.h"\n', None),
    "base/two.h": ('#include "base/one.h"\n', None),
}


def self_test(rules):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, (text, _) in CASES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        found = check(folder, rules)
    wrong = [path for path, (_, expected) in CASES.items()
             if [b for b in found if b.startswith(path)] != []
             and (expected is None or not any(expected in b for b in found if b.startswith(path)))
             or expected and not any(b.startswith(path) for b in found)]
    if "a circle of files that is not listed: base/one, base/two" not in found:
        wrong.append("of a circle")
    return [f"the case {path} is judged wrongly" for path in wrong]


def main():
    rules = tomllib.loads(RULES.read_text())
    if sys.argv[1:] == ["--self-test"]:
        breaches = self_test(rules)
    else:
        breaches = check(Path(sys.argv[1]), rules)
    print("\n".join(breaches) or "no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
