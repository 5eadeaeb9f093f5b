#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes every block of DOCUMENT that follows a line <!-- file: NAME --> to FOLDER/NAME.

usage: blocks.py DOCUMENT FOLDER [OLD=>NEW]...   (each OLD, a text that the blocks have, becomes NEW)
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^<!-- file: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)^```", re.M | re.S)


def main(document, folder, *changes):
    blocks = {block["name"]: block["text"] for block in BLOCK.finditer(pathlib.Path(document).read_text())}
    for change in changes:
        old, new = change.split("=>")
        if not any(old in text for text in blocks.values()):
            sys.exit(f"{document}: no block has {old}")
        blocks = {name: text.replace(old, new) for name, text in blocks.items()}
    for name, text in blocks.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


main(*sys.argv[1:])
