#!/usr/bin/env python3
"""Prints every SSL_MODE_* macro of the installed ssl.h as a C++ table entry.

usage: list_ssl_modes.py COMPILER [FLAG]...
"""
import re
import subprocess
import sys

macros = subprocess.run(sys.argv[1:] + ["-x", "c++", "-dM", "-E", "-"], input="#include <openssl/ssl.h>\n",
                        capture_output=True, text=True, check=True).stdout
names = re.findall(r"^#\s*define (SSL_MODE_\w+) ", macros, re.MULTILINE)
if not names:
    sys.exit("ssl.h defines no SSL_MODE_* macro")
print("".join(f'{{"{name}", {name}}},\n' for name in sorted(names)), end="")
