#!/usr/bin/env python3
"""Checks the ordered header list of include/tlsmode/meson.build against the headers themselves.

usage: layering.py DIRECTORY CORE_HEADER... --optional OPTIONAL_HEADER...
"""
import pathlib
import re
import sys

# Not in core headers.
HEAVY = {
    "algorithm", "any", "atomic", "chrono", "condition_variable", "deque", "exception", "filesystem", "format", "fstream",
    "functional", "future", "iomanip", "ios", "iostream", "istream", "iterator", "list", "locale", "map", "memory", "mutex",
    "numeric", "optional", "ostream", "random", "ranges", "regex", "set", "sstream", "stdexcept", "stop_token", "string",
    "system_error", "thread", "tuple", "unordered_map", "unordered_set", "variant", "vector",
}
MOST_LINES = 300


def tlsmode_includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]tlsmode/([^>"]+)', text, re.MULTILINE)


def reached(directory, name):
    """The header `name` and all it includes, directly or not."""
    found, todo = set(), [name]
    while todo:
        if (current := todo.pop()) not in found:
            found.add(current)
            todo += tlsmode_includes((directory / current).read_text())
    return found


def problems(directory, core, optional):
    listed = core + optional
    for path in sorted(directory.rglob("*.hpp")):
        if str(path.relative_to(directory)) not in listed:
            yield path, "is not in the list"
    for position, name in enumerate(listed):
        path = directory / name
        text = path.read_text()
        guard = "TLSMODE_" + re.sub(r"\W", "_", name).upper()
        if not text.startswith(f"// SPDX-License-Identifier: MIT\n#ifndef {guard}\n#define {guard}\n"):
            yield path, f"does not start with the licence line and the guard {guard}"
        for included in tlsmode_includes(text):
            if included not in listed[:position]:
                yield path, f"includes {included}, which is not above it in the list"
        if name in core:
            for included in re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.MULTILINE):
                if included in HEAVY:
                    yield path, f"is a core header and includes <{included}>"
            if text.count("\n") > MOST_LINES:
                yield path, f"has more than {MOST_LINES} lines"
    if "tlsmode.hpp" in core:
        for name in set(core) - reached(directory, "tlsmode.hpp"):
            yield directory / "tlsmode.hpp", f"does not bring {name}"



def main(directory, *headers):
    split = headers.index("--optional")
    found = list(problems(pathlib.Path(directory), list(headers[:split]), list(headers[split + 1:])))
    for path, problem in found:
        print(f"{path}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
