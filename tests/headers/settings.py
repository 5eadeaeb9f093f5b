#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles all headers, included as a user's own (-I, not -isystem), under settings that users have. Answers in TAP.

usage: settings.py INCLUDE INSTANCES HEADER... -- COMPILER...

A compiler that is not installed is skipped, as are settings that a compiler or this machine does not know, which is tried
on an empty program first. Warnings are errors.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMMON = """-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Warith-conversion -Wshadow -Wold-style-cast -Weffc++
    -Wswitch-enum -Wcast-qual -Wcast-align -Wuseless-cast -Wzero-as-null-pointer-constant -Wundef -Wredundant-decls
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference -Wformat=2 -Wfloat-equal -Wsuggest-override
    -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wmissing-declarations -Wsign-promo -Wdouble-promotion
    -Wunused-macros -Wctor-dtor-privacy -Wimplicit-fallthrough=5 -Wcast-align=strict -Wcomma-subscript""".split()

# Of clang's -Weverything: what speaks of older standards, contradicts another warning, or means OpenSSL's macros.
EXCEPT = """c++98-compat c++98-compat-pedantic pre-c++20-compat-pedantic c++20-compat padded switch-default
    covered-switch-default unsafe-buffer-usage used-but-marked-unused weak-vtables disabled-macro-expansion
    ctad-maybe-unsupported""".split()

# -fexperimental-library: libc++ 19 has no std::stop_token without.
SETTINGS = {
    "warnings": ["-std=c++20", *COMMON],
    "warnings, optimised": ["-std=c++20", "-O2", *COMMON],
    "C++20 with GNU's extensions, -fno-rtti": ["-std=gnu++20", "-fno-rtti", "-Wall", "-Wextra"],
    "C++23": ["-std=c++23", "-Wall", "-Wextra", "-Wpedantic"],
    "C++26": ["-std=c++26", "-Wall", "-Wextra", "-Wpedantic"],
    "-Weverything": ["-std=c++20", "-Weverything", *("-Wno-" + name for name in EXCEPT)],
    "libc++": ["-std=c++20", "-stdlib=libc++", "-fexperimental-library", "-Wall", "-Wextra"],
    "libc++ and C++26": ["-std=c++26", "-stdlib=libc++", "-fexperimental-library", "-Wall", "-Wextra"],
    "i386, with g++": ["-std=c++20", "-m32", "-Wall", "-Wextra"],
    "i386, with libc++": ["-std=c++20", "-m32", "-stdlib=libc++", "-fexperimental-library", "-Wall", "-Wextra", "-Wshorten-64-to-32"],
    "char without a sign": ["-std=c++20", "-funsigned-char", "-Wall", "-Wextra"],
}


def run(compiler, flags, source, folder):
    # The headers of the 64-bit packages serve for 32 bits, but for a list of functions that only the 32-bit package has.
    stubs = ["-I", str(folder / "i386"), "-idirafter", "/usr/include/x86_64-linux-gnu"] if "-m32" in flags else []
    output = ["-c", "-o", os.devnull] if "-O2" in flags else ["-fsyntax-only"]
    return subprocess.run([compiler, *flags, *stubs, "-Werror", "-x", "c++", *output, str(source)],
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def known(compiler, flags, empty, folder):
    """The flags that the compiler knows, or None if it cannot do without one of the others."""
    if run(compiler, flags, empty, folder).returncode == 0:
        return flags
    warnings = [flag for flag in flags if flag.startswith("-W")]
    rest = [flag for flag in flags if flag not in warnings]
    if "-Weverything" in flags and "clang" not in compiler or run(compiler, rest, empty, folder).returncode != 0:
        return None
    unknown = re.findall(r"['‘](-W[^'’]*)['’]", run(compiler, flags, empty, folder).stderr)
    return [flag for flag in flags if flag not in unknown]


def try_one(compiler, name, source, empty, folder):
    flags = known(compiler, SETTINGS[name], empty, folder) if shutil.which(compiler) else None
    if flags is None:
        return "skip", ""
    done = run(compiler, [*flags, "-I", sys.argv[1]], source, folder)
    return ("ok" if done.returncode == 0 else "not ok"), done.stderr


def main(include, instances, *names):
    split = names.index("--")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "i386" / "gnu").mkdir(parents=True)
        (folder / "i386" / "gnu" / "stubs-32.h").write_text("")
        source, empty = folder / "all.cpp", folder / "empty.cpp"
        empty.write_text("#include <cstdint>\n#include <string_view>\n")
        source.write_text("".join(f"#include <tlsmode/{name}>\n" for name in names[:split]) +
                          pathlib.Path(instances).read_text() + "int main() {}\n")
        todo = [(compiler, name) for compiler in dict.fromkeys(names[split + 1:]) for name in SETTINGS]
        print(f"1..{len(todo)}")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(lambda item: try_one(*item, source, empty, folder), todo)
            failed = 0
            for number, ((compiler, name), (answer, said)) in enumerate(zip(todo, answers), 1):
                title = f"{number} - {compiler}: {name}".replace("#", "")
                print(f"ok {title} # SKIP not here" if answer == "skip" else f"{answer} {title}", flush=True)
                if answer == "not ok":
                    failed += 1
                    print("".join(f"# {line}\n" for line in said.splitlines()[:20]))
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
