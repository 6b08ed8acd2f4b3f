#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every source says under which licence it is, in its first line or below `#!`, in the form that tools read
(spdx.dev).

    licence.py [--add] ROOT      --add: writes the line where it is missing"""
import pathlib
import sys

WORDS = 'SPDX-License-Identifier: Apache-2.0'
FORMS = {'.c': f'/* {WORDS} */', '.h': f'/* {WORDS} */', '.py': f'# {WORDS}', '.sh': f'# {WORDS}',
         '.build': f'# {WORDS}', '.toml': f'# {WORDS}'}
SCRIPTS = ('check', 'demo', '.ci/bare', '.ci/build', '.ci/install', '.ci/run')


def sources(root):
    for path in sorted(root.rglob('*')):
        place = path.relative_to(root)
        if path.is_file() and not place.parts[0].startswith(('build', '.git')):
            form = FORMS['.sh'] if str(place) in SCRIPTS else FORMS.get(path.suffix)
            if form:
                yield path, form


def main():
    add, root = '--add' in sys.argv, pathlib.Path(sys.argv[-1])
    missing = []
    for path, form in sources(root):
        lines = path.read_text(encoding='utf-8').split('\n')
        at = 1 if lines[0].startswith('#!') else 0
        if lines[at] == form:
            continue
        if add:
            lines.insert(at, form)
            path.write_text('\n'.join(lines), encoding='utf-8')
        else:
            missing.append(f'{path.relative_to(root)}: its licence is not said ({form})')
    print(*missing, sep='\n')
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main())
