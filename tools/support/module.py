#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes module/tlsmode.cppm, which exports every public name of the headers: the declarations of namespace tlsmode, by
header. Or, with --check, says what it would change.

usage: tools/support/module.py [--check | --names]   (--names: the names only, one per line)

The names are found by the layout that clang-format gives them: a declaration of a namespace starts its line. A header of
internals (detail/, engine/, error/) has no public name, and a header that needs another library (WITHOUT) has its own import.
"""
import difflib
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import headers  # noqa: E402

MODULE = headers.ROOT / "module" / "tlsmode.cppm"
WITHOUT = {"asio.hpp"}  # needs Asio, whose headers a module could not share with the program
WIDTH = 120

NOT_A_NAME = r"(?:if|for|while|switch|return|static_assert|requires|decltype|noexcept|sizeof|alignas|explicit)"
NAMES = [re.compile(pattern) for pattern in [
    r"^(?:template <.*> )?(?:enum class|enum|class|struct) (?:\[\[.*?\]\] )?(\w+)\b(?!<)",
    r"^(?:template <.*> )?concept (\w+)\b",
    r"^(?:template <.*> )?using (\w+) =",
    r"^(?:template <.*> )?(?:inline )?constexpr [^(]*?(\w+) ?(?:=|\{)",
    rf"^(?!template|struct|class|requires|\S* ?operator\"\")(?:[\w\[][^=(]*[ &*])(?!{NOT_A_NAME}\()(\w+|operator *[^\s\w(]+)\(",
]]


def public_names(header):
    """The names that `header` declares in namespace tlsmode, in their order."""
    text = (headers.INCLUDE / header).read_text()
    text = re.sub(r"//[^\n]*", "", text)
    names, spaces, in_body = [], [], False
    for line in text.splitlines():
        if opened := re.match(r"^(inline )?namespace ([\w:]*) ?\{$", line):
            spaces.append("" if opened[1] else opened[2])
        elif re.match(r"^\}\s*$", line) and spaces and not in_body:
            spaces.pop()
        elif "::".join(filter(None, spaces)) == "tlsmode" and not line.startswith((" ", "#", "}")):
            for pattern in NAMES:
                if found := pattern.match(line):
                    names.append(found[1].replace(" ", ""))
                    break
        # A body that starts at the margin ends there, too.
        if line and not line.startswith((" ", "#")) and not re.match(r"^(?:inline )?namespace", line):
            in_body = line.rstrip().endswith(("{", "(", ",", ">")) and not line.startswith("}")
    return list(dict.fromkeys(names))


def module_text():
    core, optional = headers.listed("core_headers"), headers.listed("optional_headers")
    public = [name for name in core + optional if "/" not in name and name not in WITHOUT]
    lines, seen = [], set()
    for header in public:
        names = [name for name in public_names(header) if name not in seen]
        seen.update(names)
        if names:
            lines.append(f"// {header}")
            line = ""
            for name in names:
                word = f"using tlsmode::{name};"
                if line and len(line) + 1 + len(word) > WIDTH:
                    lines.append(line)
                    line = ""
                line = f"{line} {word}".strip()
            lines.append(line)
    includes = sorted({"tlsmode.hpp", *(name for name in optional if name in public)})
    return "\n".join([
        "// SPDX-License-Identifier: MIT",
        "// The module `tlsmode`: the declarations of the headers, for `import tlsmode;`. Made by tools/support/module.py.",
        "// OpenSSL's headers are in the global module fragment: who uses their macros (SSL_OP_…) includes them, too.",
        "module;",
        *(f"#include <tlsmode/{name}>" for name in includes),
        "export module tlsmode;",
        "",
        "export namespace tlsmode {",
        *lines,
        "}  // namespace tlsmode",
        ""])


def main(arguments):
    new = module_text()
    if arguments == ["--names"]:
        print("\n".join(re.findall(r"using tlsmode::([^;]+);", new)))
        return 0
    if arguments != ["--check"]:
        MODULE.parent.mkdir(exist_ok=True)
        MODULE.write_text(new)
        return 0
    old = MODULE.read_text()
    if old != new:
        print("".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "module/tlsmode.cppm", "the headers")))
        print("The module does not say what the headers say. Run tools/support/module.py.")
    return 0 if old == new else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
