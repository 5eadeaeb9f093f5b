#!/usr/bin/env python3
"""Shows that check.py is red for every kind of bad test and green for a good one.

usage: self_test.py CHECK_PY [check.py's arguments but FILE]...
"""
import pathlib
import subprocess
import sys
import tempfile

LIBRARY = """
void the_cure();
struct Checked {
  consteval Checked(int value) {
    if (value != 0) the_cure();
  }
};
template <class T> void two_errors() {
  static_assert(sizeof(T) == 0, "one");
  static_assert(sizeof(T) == 0, "two");
}
"""
MISTAKE = "#ifndef CONTROL\nint number = nullptr;\n#endif\n"
SKIPPED = "nobody was asked"
# name: (source, what check.py must say; None: nothing; SKIPPED)
CASES = {
    "one mistake, refused with the expected text": ("// expect: nullptr\n" + MISTAKE, None),
    "an error in a template counts":
        ("// expect: FIX\ntemplate <class T> void f() { static_assert(sizeof(T) == 0, \"FIX\"); }\n"
         "#ifndef CONTROL\nvoid g() { f<int>(); }\n#endif\n", None),
    "a warning made the error":
        ("// expect: unused\n// flags: -Werror=unused-variable\nvoid f() {\n#ifndef CONTROL\nint x;\n#endif\n}\n", None),
    "one mistake, which the compiler tells twice: here and in a header":
        ("// expect: the_cure\n#include \"library.hpp\"\n#ifndef CONTROL\nChecked checked{1};\n#endif\n", None),
    "two errors, none of them here":
        ("// expect: one\n#include \"library.hpp\"\n#ifndef CONTROL\nvoid f() { two_errors<int>(); }\n#endif\n", "on 2 lines"),
    "no mistake": ("// expect: nullptr\nint number = 0;\n", "compiles, and should not"),
    "another error than expected": ("// expect: the cure\n" + MISTAKE, "does not say: the cure"),
    "two mistakes": ("// expect: nullptr\n#ifndef CONTROL\nint one = nullptr;\nint two = nullptr;\n#endif\n", "on 2 lines"),
    "broken without the mistake": ("// expect: nullptr\nint one = nullptr;\n", "does not compile with -DCONTROL"),
    "what no compiler here can see": ("// only: clang 99\n" + MISTAKE, SKIPPED),
    "nothing expected": (MISTAKE, "has no line '// expect"),
    "expected of another compiler": ("// expect-other: nullptr\n" + MISTAKE, "has no line '// expect"),
}


def main(check):
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "library.hpp").write_text(LIBRARY)
        for name, (source, wanted) in CASES.items():
            file = pathlib.Path(directory) / "case.cpp"
            file.write_text(source)
            done = subprocess.run([sys.executable, *check, str(file)], capture_output=True, text=True, check=False)
            status = {None: 0, SKIPPED: 77}.get(wanted, 1)
            good = done.returncode == status and (status != 1 or wanted in done.stdout)
            print("ok" if good else f"WRONG: status {done.returncode}\n{done.stdout}{done.stderr}", "-", name)
            failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
