#!/usr/bin/env python3
"""Shows that blocks.py refuses every kind of bad block and accepts the good ones.

usage: self_test.py BLOCKS_PY COMPILE_COMMANDS_JSON LIKE
"""
import pathlib
import subprocess
import sys
import tempfile

PREAMBLE = "namespace fragment_context { extern int known; }\n"
# name: (mark, code, whether blocks.py accepts it)
CASES = {
    "declarations": ("", "struct S {};", True),
    "broken declarations": ("", "struct S {}", False),
    "a statement where declarations belong": ("", "known = 1;", False),
    "a fragment": ("compile: fragment", "known = 1;", True),
    "a fragment with an include": ("compile: fragment", "#include <cstddef>\nstd::size_t size = sizeof known;", True),
    "a broken fragment": ("compile: fragment", "unknown = 1;", False),
    "an error on purpose": ("compile: fragment error", "known = nullptr;", True),
    "an error that is none": ("compile: fragment error", "known = 1;", False),
    "a line that does not compile": ("compile: fragment", "known = 1;\nknown = nullptr;  // does not compile", True),
    "a line that does compile": ("compile: fragment", "known = nullptr;  // does not compile\nknown = 1;  // does not compile", False),
    "a program": ("", "int main() { return 1; }", True),
    "a program that does not link": ("", "void f(); int main() { f(); }", False),
    "a program that runs": ("run", "int main() {}", True),
    "a program that fails": ("run", "int main() { return 1; }", False),
    "another comment before the block": ("so it goes", "struct S {};", True),
    "a comment of its own line before the mark": ("so it goes -->\n\n<!-- run", "int main() { return 1; }", False),
    "a mark with a slip of the pen": ("compile: fragmnet", "struct S {};", False),
}


def main(blocks, *arguments):
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        (folder / "preamble.hpp").write_text(PREAMBLE)
        for number, (mark, code, _) in enumerate(CASES.values()):
            (folder / f"{number:02}.md").write_text((f"<!-- {mark} -->\n" if mark else "") + f"```cpp\n{code}\n```\n")
        done = subprocess.run([sys.executable, blocks, *arguments, str(folder / "preamble.hpp"), directory],
                              capture_output=True, text=True, check=False)
        answers = [line for line in done.stdout.splitlines() if line.startswith(("ok ", "not ok "))]
        if len(answers) != len(CASES):
            print(done.stdout, done.stderr)
            return 1
        for (name, (_, _, accepted)), answer in zip(CASES.items(), answers):
            if answer.startswith("ok ") != accepted:
                failed += 1
                print(f"WRONG: {name}: {answer}")
    if failed:
        print(done.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
