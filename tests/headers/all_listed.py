#!/usr/bin/env python3
"""Checks that the nearest meson.build names every .cpp file of the given directories: a test nobody builds is no test.

usage: all_listed.py DIRECTORY...
"""
import pathlib
import sys


def forgotten(directory):
    for source in sorted(pathlib.Path(directory).rglob("*.cpp")):
        folder = next(parent for parent in source.parents if (parent / "meson.build").exists())
        if f"'{source.relative_to(folder)}'" not in (folder / "meson.build").read_text():
            yield f"{source}: {folder / 'meson.build'} does not name it"


found = [line for directory in sys.argv[1:] for line in forgotten(directory)]
print("\n".join(found))
sys.exit(1 if found else 0)
