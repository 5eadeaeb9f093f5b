#!/usr/bin/env python3
"""Adds up the tests of a `meson test` run; the last line is "N passed, N failed".

usage: count_tests.py TESTLOG_JSON

A Catch2 program (2 or 3) counts as its test cases, a TAP program as its lines, any other test as one. A program that
fails without saying which of its cases did (it crashed, leaked, ran out of time) is one failure more.
"""
import json
import pathlib
import re
import sys


def count(test):
    """(passed, failed) of one line of the log."""
    output = test.get("stdout", "")
    ok = test["result"] in ("OK", "EXPECTEDFAIL")
    if test["result"] == "SKIP":
        return 0, 0
    if re.search(r"^1\.\.\d+$", output, re.MULTILINE):  # TAP
        passed = len(re.findall(r"^ok ", output, re.MULTILINE))
        failed = len(re.findall(r"^not ok ", output, re.MULTILINE))
    elif found := re.search(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)$", output, re.MULTILINE):
        passed, failed = int(found[1]), 0
    elif found := re.search(r"^test cases: .*$", output, re.MULTILINE):
        numbers = dict((word, int(number)) for number, word in re.findall(r"(\d+) (passed|failed as expected|failed)", found[0]))
        passed, failed = numbers.get("passed", 0) + numbers.get("failed as expected", 0), numbers.get("failed", 0)
    else:
        return (1, 0) if ok else (0, 1)
    return passed, failed if ok or failed else 1


def main(log):
    tests = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
    counts = [count(test) for test in tests]
    passed, failed = sum(c[0] for c in counts), sum(c[1] for c in counts)
    for test, (_, failures) in zip(tests, counts):
        if failures:
            print(f"FAILED: {test['name']} ({test['result'].lower()})")
        if test["result"] == "SKIP":
            print(f"skipped: {test['name']}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
