# SPDX-License-Identifier: MIT
"""What it costs to include a library, to compile a small client with it, and how large that client is."""

import pathlib
import re
import resource
import subprocess
import tempfile

POCO = ["-lPocoNetSSL", "-lPocoNet", "-lPocoFoundation"]
LIBRARIES = {
    "raw": ["-lssl", "-lcrypto"],
    "tlsmode": ["-lssl", "-lcrypto"],
    "asio": ["-lssl", "-lcrypto", "-pthread"],
    "asio_coroutines": ["-lssl", "-lcrypto", "-pthread"],
    "libevent": ["-levent_openssl", "-levent_core", "-lssl", "-lcrypto"],
    "poco": POCO,
    "gnutls": ["-lgnutls"],
    "botan": None,  # pkg-config knows
}


def measure(source, compiler, progress, times=3):
    """Returns name -> costs. A library that is not there is left out."""
    costs = {}
    clients = pathlib.Path(source, "bench", "include_cost")
    with tempfile.TemporaryDirectory() as directory:
        for name, libraries in LIBRARIES.items():
            progress.step("including, compiling and linking a small client", name, 90 / len(LIBRARIES))
            try:
                costs[name] = measure_one(clients / f"{name}.cpp", libraries, compiler, pathlib.Path(source, "include"), pathlib.Path(directory), times)
            except subprocess.CalledProcessError as problem:
                progress.note(f"include cost: {name} is left out: {((problem.stderr or '').strip().splitlines() or ['it does not compile'])[0]}")
    return costs


def measure_one(client, libraries, compiler, include, directory, times):
    flags = ["-std=c++20", "-O2", "-I", str(include)]
    if libraries is None:
        package = "botan-3" if subprocess.run(["pkg-config", "--exists", "botan-3"], check=False).returncode == 0 else "botan-2"
        words = run(["pkg-config", "--cflags", "--libs", package]).split()
        libraries = [word for word in words if word.startswith("-l")]
        flags += [word for word in words if not word.startswith("-l")]
    # Just the library's own headers: what a program pays that includes them and does nothing.
    header = directory / "header.cpp"
    lines = client.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if re.match(r"#define ASIO|#include <(?!c[a-z]+>)", line)]
    header.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    program, connect = directory / "client", directory / "connect.o"
    run([compiler, *flags, "-c", str(client.with_name("connect.cpp")), "-o", str(connect)])
    return {
        "include_seconds": min(cpu_seconds([compiler, *flags, "-fsyntax-only", str(header)]) for _ in range(times)),
        "compile_seconds": min(cpu_seconds([compiler, *flags, "-c", str(client), "-o", str(directory / "client.o")]) for _ in range(times)),
        "lines": run([compiler, *flags, "-E", str(client)]).count("\n"),
        "bytes": stripped_size([compiler, "-s", str(directory / "client.o"), str(connect), "-o", str(program), *libraries], program),
    }


def stripped_size(link, program):
    run(link)
    return program.stat().st_size


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
