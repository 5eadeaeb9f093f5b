#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the map of the rooms in CONTRIBUTING.md is true.

usage: rooms.py [ROOT]

Every folder of the tree is a row, and every row a folder; a row of include/tlsmode names the headers in it; the files of
a room include only the rooms that its row allows; and every header has a test of its name, or is in TESTED_BY.
"""
import pathlib
import re
import sys

# Headers without a tests/unit/x_test.cpp, and what tests them.
TESTED_BY = {
    "tlsmode.hpp": "tests/static/public_names.cpp",
    "policy.hpp": "tests/static/policies.cpp",
    "write_rules.hpp": "tests/static/policies.cpp",
    "kernel_tls.hpp": "tests/unit/native_engine_test.cpp",
    "error_facts.hpp": "tests/unit/error_test.cpp",
    "pending_write.hpp": "tests/unit/write_rules_retry_test.cpp",
    "detail/alpn.hpp": "tests/unit/context_test.cpp",
    "detail/c_text.hpp": "tests/unit/identity_test.cpp",
    "detail/descriptor.hpp": "tests/unit/socket_test.cpp",
    "detail/pem.hpp": "tests/unit/identity_test.cpp",
    "error/failure.hpp": "tests/unit/error_test.cpp",
    "error/record.hpp": "tests/unit/error_test.cpp",
    "engine/buffered_writer.hpp": "tests/unit/write_rules_buffered_test.cpp",
    "engine/channel_core.hpp": "tests/unit/channel_test.cpp",
    "engine/channel_handshake.hpp": "tests/unit/connection_handshake_test.cpp",
    "engine/channel_output.hpp": "tests/unit/write_rules_result_test.cpp",
    "engine/channel_setup.hpp": "tests/unit/connection_adopt_test.cpp",
    "engine/commit.hpp": "tests/unit/write_rules_result_test.cpp",
    "engine/elastic_engine.hpp": "tests/unit/write_rules_duplex_test.cpp",
    "engine/manual_writer.hpp": "tests/unit/write_rules_retry_test.cpp",
    "engine/record_sizer.hpp": "tests/unit/record_sizing_test.cpp",
    "engine/writer.hpp": "tests/unit/engine_test.cpp",
}
HEADERS = "include/tlsmode/"
NOT_ROOMS = {"build", "subprojects", "__pycache__"}  # and what begins with a dot, but for .ci and .github
ROW = re.compile(r"^\| `([^`]+/)` \|(.*)\|([^|]*)\|$", re.MULTILINE)


def rows(root):
    """Of each room of the map: the text of its row, and the rooms of the library that it may include."""
    text = (root / "CONTRIBUTING.md").read_text()
    section = text.partition("\n## The rooms\n")[2].partition("\n## ")[0]
    return {room: (what, set(re.findall(r"`([a-z_]+/)`", includes))) for room, what, includes in ROW.findall(section)}


def folders(root):
    def inside(folder):
        return sorted(f for f in folder.iterdir() if f.is_dir() and f.name not in NOT_ROOMS and any(f.iterdir()))

    for folder in inside(root):
        if folder.name in ("include", "tests"):
            continue
        if not folder.name.startswith(".") or folder.name in (".ci", ".github"):
            yield f"{folder.name}/"
    yield HEADERS
    for parent in (HEADERS, "tests/"):
        for folder in inside(root / parent):
            yield f"{parent}{folder.name}/"


def room_of(header):
    return header.rpartition("/")[0] + "/" if "/" in header else "tlsmode/"


def problems(root):
    mapped, present = rows(root), list(folders(root))
    for room in present:
        if room not in mapped:
            yield f"{room} is not on the map of CONTRIBUTING.md"
    for room, (what, allowed) in mapped.items():
        if room not in present:
            yield f"{room} is on the map, and no folder"
            continue
        is_flat = room == HEADERS
        files = sorted(f for f in (root / room).glob("*" if is_flat else "**/*") if f.suffix in (".hpp", ".cpp", ".cppm", ".in"))
        if room.startswith(HEADERS):
            named, there = set(re.findall(r"`(\w+)`", what)), {f.stem for f in files}
            yield from (f"{room}{name}.hpp is not in its row of the map" for name in sorted(there - named))
            yield from (f"{room}: its row names {name}, which is no header there" for name in sorted(named - there))
        for file in files:
            for header in re.findall(r'^\s*#\s*include\s*[<"]tlsmode/([^>"@]+)', file.read_text(), re.MULTILINE):
                if room_of(header) not in allowed:
                    yield f"{file.relative_to(root)} includes {header}: its room may not include {room_of(header)}"
    for path in sorted((root / HEADERS).rglob("*.hpp")):
        header = str(path.relative_to(root / HEADERS))
        own, other = root / f"tests/unit/{path.stem}_test.cpp", TESTED_BY.get(header)
        if not own.exists() and other is None:
            yield f"{header} has no tests/unit/{path.stem}_test.cpp, and tests/headers/rooms.py names no other test"
        elif own.exists() and other is not None:
            yield f"{header} has a test of its name: take it out of tests/headers/rooms.py"
    for header, test in TESTED_BY.items():
        if not (root / HEADERS / header).exists():
            yield f"tests/headers/rooms.py names {header}, which is gone"
        if not (root / test).exists():
            yield f"tests/headers/rooms.py names {test}, which is gone"


def main(root="."):
    found = list(problems(pathlib.Path(root)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
