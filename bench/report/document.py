# SPDX-License-Identifier: MIT
"""Writes figures into documents, between `<!-- figures: NAME -->` and `<!-- end of figures -->`."""

import re

BLOCK = re.compile(r"(<!-- figures: ([a-z_]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def write_figures(path, texts):
    """Replaces what is between the marks; a name without a text is a mistake in the document."""
    old = path.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda block: f"{block[1]}\n{texts[block[2]].strip()}\n\n{block[3]}", old)
    path.write_text(new, encoding="utf-8")
