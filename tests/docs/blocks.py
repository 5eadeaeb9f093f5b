#!/usr/bin/env python3
"""Compiles every ```cpp block of the documents, and answers in TAP, one test per block.

usage: blocks.py COMPILE_COMMANDS_JSON LIKE PREAMBLE FILE_OR_DIRECTORY...

A block is compiled with the compiler and flags of the file whose path ends in LIKE:
- with `int main` as a program, which is linked, and also run (status 0) if <!-- run --> stands on the line before it;
- after <!-- compile: fragment --> as statements in a function, where the names of PREAMBLE's fragment_context are known;
- else as declarations at namespace scope. Fragments and declarations start with PREAMBLE.
A line with the comment "does not compile" is a mistake shown on purpose: the block compiles without such lines, and
not with any one of them. After <!-- compile: error --> (or: fragment error) the block as a whole does not compile.
"""
import concurrent.futures
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("check", HERE.parent / "compile_fail" / "check.py")
check = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(check)

BLOCK = re.compile(r"^(?:[ \t]*<!-- (?P<mark>[^\n]*?) -->[ \t]*\n\s*?)?(?P<indent>[ \t]*)```cpp\n(?P<code>.*?)^[ \t]*```", re.M | re.S)
MISTAKE = "does not compile"
MARKS = {"", "run", "compile: fragment", "compile: error", "compile: fragment error"}


def as_source(code, mark, preamble):
    if re.search(r"\bint main\b", code):
        return code
    includes = "".join(line for line in code.splitlines(True) if line.startswith("#include"))
    rest = "".join("\n" if line.startswith("#include") else line for line in code.splitlines(True))
    source = f'#include "{preamble}"\n{includes}#line 1 "block"\n'
    if "fragment" not in mark:
        return source + rest
    return source + f"void fragment() {{ using namespace fragment_context;\n#line 1\n{rest}\n}}\n"


def build(compiler, flags, source, link_flags, run, folder):
    """An empty text, or what the compiler or the program says about its failure."""
    (folder / "block.cpp").write_text(source)
    output = ["-o", str(folder / "program"), *link_flags] if link_flags else ["-S", "-o", os.devnull]
    steps = [[*compiler, *flags, "-w", "-O0", "-fdiagnostics-color=never", str(folder / "block.cpp"), *output]]
    if run:
        steps.append([str(folder / "program")])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False, timeout=60, cwd=folder,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            return f"{done.stdout}{done.stderr}" or f"exit status {done.returncode}"
    return ""


def problem(compiler, flags, code, mark, preamble):
    if mark not in MARKS:
        return f"does not know the mark <!-- {mark} -->"
    program = re.search(r"\bint main\b", code)
    link_flags = ["-pthread", "-lssl", "-lcrypto"] if program else []
    with tempfile.TemporaryDirectory() as name:
        def failure(text):
            return build(compiler, flags, as_source(text, mark, preamble), link_flags, mark == "run", pathlib.Path(name))

        if "error" in mark:
            return "" if failure(code) else "compiles, and should not"
        lines = code.splitlines(True)
        mistakes = [i for i, line in enumerate(lines) if MISTAKE in line]
        said = failure("".join("\n" if i in mistakes else line for i, line in enumerate(lines)))
        if said:
            return said
        for kept in mistakes:
            if not failure("".join("\n" if i in mistakes and i != kept else line for i, line in enumerate(lines))):
                return f"compiles, and should not: {lines[kept].strip()}"
    return ""


def blocks(paths):
    for path in paths:
        for document in sorted(path.rglob("*.md")) if path.is_dir() else [path]:
            text = document.read_text()
            found = list(BLOCK.finditer(text))
            if len(found) != len(re.findall(r"^[ \t]*```cpp", text, re.MULTILINE)):
                sys.exit(f"{document}: a ```cpp block that has no end, or more than 'cpp' on its first line")
            for match in found:
                line = text.count("\n", 0, match.start("code"))
                code = re.sub(f"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
                mark = match["mark"] or ""
                yield f"{document.name}:{line}", code, mark if re.match("run|compile", mark) else ""


def main(compile_commands, like, preamble, *paths):
    compiler, flags = check.compile_arguments(compile_commands, like)
    preamble = str(pathlib.Path(preamble).resolve())
    todo = list(blocks([pathlib.Path(path) for path in paths if pathlib.Path(path).exists()]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda block: problem(compiler, flags, block[1], block[2], preamble), todo))
    print(f"1..{len(todo)}")
    for number, ((name, _, _), said) in enumerate(zip(todo, results), 1):
        print(f"{'not ok' if said else 'ok'} {number} - {name}")
        print("".join(f"# {line}\n" for line in said.splitlines()), end="")
    return 1 if any(results) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
