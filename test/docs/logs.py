#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# logs.py ROOT: holds docs/logs.md beside the code: every event that engine/ logs stands in a table, with exactly
# the levels and fields that it has, and no other; those of modules in the first one. `logs.py ROOT --list` shows
# what the code says.
import pathlib
import re
import sys

CALL = re.compile(r"\bkz_(?:log|engine_log_error)\(")
LEVELS = {"KZ_DEBUG": "debug", "KZ_INFO": "info", "KZ_WARN": "warn", "KZ_ERROR": "error"}
ERROR_FIELDS = {"step", "reason"}  # of kz_engine_log_error
CONTEXT = {"module", "revision", "sync"}  # what the logger of a module adds


def call_text(text, start):
    """The call from its name to the closing parenthesis; strings may hold any."""
    depth, i, quoted = 0, start, False
    while True:
        c = text[i]
        if quoted:
            i += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
            if depth == 0:
                return text[start : i + 1]
        i += 1


def events_of(root):
    """event -> (levels, fields, {whether it has a module's logger})"""
    events = {}
    for path in sorted(root.glob("engine/**/*.c")):
        text = path.read_text()
        for match in CALL.finditer(text):
            call = call_text(text, match.start())
            event = re.search(r'"([^"]+)"', call)
            if event is None or call.startswith("kz_log(log, KZ_ERROR, event"):
                continue  # a definition
            args = [a.strip() for a in call[call.index("(") + 1 :].split(",")]
            if call.startswith("kz_engine_log_error"):
                logger, fields, levels = args[1], ERROR_FIELDS, {"error"}
            else:
                logger, fields = args[0], set(re.findall(r'KZ_FS?\("([^"]+)"', call))
                levels = {w.lower() for w in re.findall(r"\bKZ_(DEBUG|INFO|WARN|ERROR)\b", call)} or {"by state"}
            known = events.setdefault(event.group(1), (set(), set(), set()))
            known[0].update(levels)
            known[1].update(fields)
            known[2].add(logger != "NULL")
    return events


def tables_of(page):
    """event -> (levels, fields, {whether it stands under "Of a module"})"""
    rows, section = {}, ""
    for line in page.splitlines():
        if line.startswith("## "):
            section = line[3:]
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not section.startswith("Of ") or len(cells) < 4 or not cells[0].startswith("`"):
            continue
        fields = set(re.findall(r"`([^`]+)`", cells[2]))
        rows[cells[0].strip("`")] = (set(re.split(r",\s*", cells[1])), fields, {section == "Of a module"})
    return rows


def differences(code, page):
    for name in sorted(code.keys() - page.keys()):
        yield f"the code logs '{name}', docs/logs.md does not name it"
    for name in sorted(page.keys() - code.keys()):
        yield f"docs/logs.md names '{name}', the code does not log it"
    for name in sorted(code.keys() & page.keys()):
        for what, here, there in zip(("levels", "fields", "module"), code[name], page[name]):
            if here != there:
                yield f"{what} of '{name}': the code has {sorted(here)}, docs/logs.md {sorted(there)}"
        if True in code[name][2] and code[name][1] & CONTEXT:
            yield f"'{name}' says {sorted(code[name][1] & CONTEXT)}, which its logger says already"


def main():
    root = pathlib.Path(sys.argv[1])
    code = events_of(root)
    if sys.argv[2:] == ["--list"]:
        for name, (levels, fields, _) in sorted(code.items()):
            print(f"| `{name}` | {', '.join(sorted(levels))} | {', '.join(f'`{f}`' for f in sorted(fields))} | |")
        return 0
    wrong = list(differences(code, tables_of((root / "docs/logs.md").read_text())))
    for line in wrong:
        print(f"FAIL {line}")
    print(f"{len(code)} events, {len(wrong)} differences")
    return 1 if wrong or len(code) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
