#!/usr/bin/env python3
"""Checks one compile_fail file: one mistake, which the compiler refuses with one error that names the cure.

usage: check.py COMPILE_COMMANDS_JSON LIKE [--also COMPILER]... FILE

FILE is compiled as the file whose path ends in LIKE, with that file's compiler and with each other COMPILER:
- with -DCONTROL it compiles: the mistake is the only thing wrong;
- without, all errors in FILE are on one line, or none is in FILE and all are on one line of a header; and the output
  has the text of each of these lines of FILE:
    // expect: text          of every compiler
    // expect-gcc: text      of one; so do expect-clang and, for flags that turn a warning into
    // flags: -Werror=…      the error, flags, flags-gcc and flags-clang
    // only: clang 20        what only this compiler sees, from this version on; the others are not asked. When none is
                             left to ask, the test is skipped.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys


def compile_arguments(compile_commands, like):
    """The compiler and the flags of the file that ends in `like`; relative paths made absolute."""
    entry = next(e for e in json.loads(pathlib.Path(compile_commands).read_text()) if e["file"].endswith(like))
    words = entry.get("arguments") or shlex.split(entry["command"])
    first_flag = next(i for i, word in enumerate(words) if word.startswith("-"))
    flags = []
    for word in words[first_flag:]:
        include = re.fullmatch(r"(-I|-isystem)(.+)", word)
        if include:
            flags.append(include[1] + os.path.join(entry["directory"], include[2]))
        elif re.match(r"-(isystem$|std=|D|W(?!error))", word) or (flags and flags[-1] == "-isystem"):
            flags.append(word)
    return words[:first_flag], flags


def is_clang(compiler):
    return "clang" in subprocess.run(compiler + ["--version"], capture_output=True, text=True, check=True).stdout


def directives(text, name, kind):
    return re.findall(rf"^\s*// {name}(?:-{kind})?: (.+?)\s*$", text, re.MULTILINE)


def is_asked(compiler, kind, text):
    """Whether the test in `text` is for this compiler."""
    only = re.search(r"^// only: (\w+) (\d+)$", text, re.MULTILINE)
    if not only:
        return True
    version = subprocess.run(compiler + ["-dumpversion"], capture_output=True, text=True, check=True).stdout
    return kind == only[1] and int(version.split(".")[0]) >= int(only[2])


def complaints(compiler, flags, file):
    """What is wrong with the test in `file`, as this compiler sees it; None if it is not asked."""
    kind = "clang" if is_clang(compiler) else "gcc"
    text = pathlib.Path(file).read_text()
    if not is_asked(compiler, kind, text):
        return None
    expected = directives(text, "expect", kind)
    if not expected:
        return ["has no line '// expect: …' for this compiler"]

    command = compiler + flags + ["-Wno-unknown-warning-option"] * (kind == "clang")
    for line in directives(text, "flags", kind):
        command += shlex.split(line)
    # -S and not -fsyntax-only: templates must be instantiated, and -O0: nothing else.
    command += ["-O0", "-S", "-o", os.devnull, "-fdiagnostics-color=never", str(file)]

    def output_of(extra):
        # ccache may write paths in another way than they were given.
        environment = os.environ | {"CCACHE_DISABLE": "1"}
        done = subprocess.run(command + extra, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    status, output = output_of(["-DCONTROL"])
    if status != 0:
        return ["does not compile with -DCONTROL:", output]
    status, output = output_of([])
    if status == 0:
        return ["compiles, and should not"]
    found = []
    places = set(re.findall(r"^(\S.*?:\d+):\d+: (?:fatal )?error: ", output, re.MULTILINE))
    places = {place for place in places if place.startswith(f"{file}:")} or places
    if len(places) != 1:
        found.append(f"has errors on {len(places)} lines, not one: {', '.join(sorted(places))}")
    found += [f"the compiler does not say: {wanted}" for wanted in expected if wanted not in output]
    return found + [output] if found else []


def main(arguments):
    compile_commands, like, *others, file = arguments
    compiler, flags = compile_arguments(compile_commands, like)
    compilers = [compiler] + [[other] for other in others if other != "--also"]
    answers = [(each, complaints(each, flags, file)) for each in compilers]
    for each, found in answers:
        for complaint in found or []:
            print(f"{file} ({' '.join(each)}): {complaint}")
    if all(found is None for _, found in answers):
        return 77  # skipped, says Meson
    return 1 if any(found for _, found in answers) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
