#!/usr/bin/env python3
"""Prints how much of each header the tests reached; the last line is "N passed, N failed": the limits.

usage: coverage.py INCLUDE LINES_LCOV FUNCTIONS_JSON [HEADER...]

LINES_LCOV and FUNCTIONS_JSON are what `llvm-cov export` writes. Of each HEADER it lists what nothing reached.

- A line or a branch counts once, however many instantiations of it there are, and is reached if one of them reached it.
- A branch is one outcome of a condition in the source, as clang's front end sees it: each operand of && and || has two,
  a switch has one for each case. What only the compiler makes (exceptions, destructors) is no branch here.
- What is settled while compiling counts as nothing: conditions of `if constexpr`, consteval functions, and the inside of
  a comparison that is `= default`.
- Templates that no test instantiates have no lines: that all are instantiated is what tests/static/calling_code.cpp is
  for. Conditions whose value the policy settles (Policy::role == …) count, and some instantiation has to have the other.
"""
import collections
import json
import pathlib
import re
import sys

LIMITS = {"lines": 95.0, "branches": 90.0}  # of all headers together
HEADER_LIMIT = 90.0  # of the lines of each


def consteval_lines(file):
    """The numbers of the lines that are functions which only run while compiling (formatted as all of this tree is)."""
    lines = pathlib.Path(file).read_text().splitlines()
    numbers = set()
    for start, line in enumerate(lines):
        if re.search(r"\bconsteval\b", line):
            last_line = re.match(" *", line)[0] + "}"
            end = start if line.endswith("}") else lines.index(last_line, start)
            numbers.update(range(start + 1, end + 2))
    return numbers


def reached_lines(lcov):
    """{file: {line: reached}}"""
    lines = collections.defaultdict(dict)
    for record in pathlib.Path(lcov).read_text().splitlines():
        kind, _, value = record.partition(":")
        if kind == "SF":
            file, skipped = value, consteval_lines(value)
        elif kind == "DA":
            number, count = (int(field) for field in value.split(",")[:2])
            if number not in skipped:
                lines[file][number] = lines[file].get(number, False) or count > 0
    return lines


def settled_conditions(file):
    """Where a source has conditions that are settled while it is compiled: ranges of places (line, column)."""
    text = pathlib.Path(file).read_text()
    spans = [found.span() for found in re.finditer(r"operator==[^;{]*= default;", text)]
    for found in re.finditer(r"if constexpr \(", text):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        spans.append((found.start(), end))

    def place(at):
        return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)

    return [(place(start), place(end)) for start, end in spans]


def outcomes(functions_json, include):
    """{file: {(place, outcome): reached}} over all instantiations."""
    branches = collections.defaultdict(dict)
    settled = {}
    for function in json.loads(pathlib.Path(functions_json).read_text())["data"][0]["functions"]:
        for line, column, end_line, end_column, taken, not_taken, file_id, *_ in function["branches"]:
            file = function["filenames"][file_id]
            if not file.startswith(include):
                continue
            if file not in settled:
                settled[file] = settled_conditions(file)
            if any(start <= (line, column) < end for start, end in settled[file]):
                continue
            for outcome, count in ((True, taken), (False, not_taken)):
                key = ((line, column, end_line, end_column), outcome)
                branches[file][key] = branches[file].get(key, False) or count > 0
    return branches


def percent(reached):
    return 100.0 * sum(reached) / len(reached) if reached else 100.0


def show(header, lines, branches):
    text = pathlib.Path(header).read_text().splitlines()
    for number in sorted(number for number, is_reached in lines.items() if not is_reached):
        print(f"  {number}: never reached: {text[number - 1].strip()}")
    for (place, outcome), is_reached in sorted(branches.items()):
        if not is_reached and lines.get(place[0], True):
            line, column, end_line, end_column = place
            condition = text[line - 1][column - 1 : end_column - 1 if end_line == line else None]
            print(f"  {line}: never {'true' if outcome else 'false'}: {condition}")


def main(include, lcov, functions_json, *shown):
    lines, branches = reached_lines(lcov), outcomes(functions_json, include)
    print(f"{'header':36} {'lines':>13} {'branches':>21}")

    def row(name, line_values, branch_values):
        print(f"{name:36} {sum(line_values):4}/{len(line_values):4} {percent(line_values):5.1f} %"
              f" {sum(branch_values):4}/{len(branch_values):4} {percent(branch_values):5.1f} %")

    for file in sorted(lines):
        row(file[len(include) + 1 :], list(lines[file].values()), list(branches[file].values()))
        if any(file.endswith("/" + name) for name in shown):
            show(file, lines[file], branches[file])
    all_values = {"lines": [v for file in lines.values() for v in file.values()],
                  "branches": [v for file in branches.values() for v in file.values()]}
    row("together", all_values["lines"], all_values["branches"])
    failed = 0
    for what, limit in LIMITS.items():
        if percent(all_values[what]) < limit:
            failed += 1
            print(f"FAILED: {percent(all_values[what]):.1f} % of the {what}, and not {limit:g} %")
    low = [file for file in sorted(lines) if percent(list(lines[file].values())) < HEADER_LIMIT]
    for file in low:
        print(f"FAILED: {file[len(include) + 1 :]}: {percent(list(lines[file].values())):.1f} % of its lines,"
              f" and not {HEADER_LIMIT:g} %")
    failed += bool(low)
    print(f"{len(LIMITS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
