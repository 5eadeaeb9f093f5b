# SPDX-License-Identifier: MIT
"""The version, and the ordered lists of headers, as Meson's files have them."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include" / "tlsmode"


def version():
    return re.search(r"^  version: '(.*)',$", (ROOT / "meson.build").read_text(), re.M)[1]


def listed(name):
    """The headers of the list `name`: core_headers or optional_headers."""
    lines = re.search(rf"^{name} = \[\n(.*?)^\]", (INCLUDE / "meson.build").read_text(), re.M | re.S)[1]
    return re.findall(r"^  '(.*)',$", lines, re.M)


def included(header):
    """The tlsmode headers that `header` includes itself."""
    return re.findall(r"^\s*#\s*include <tlsmode/([^>]+)>", (INCLUDE / header).read_text(), re.M)


def reached(header):
    """The header and all it includes, directly or not."""
    found, todo = set(), [header]
    while todo:
        if (current := todo.pop()) not in found:
            found.add(current)
            todo += included(current)
    return found
