# SPDX-License-Identifier: MIT
"""What it costs to include a library's TLS header, to compile a small client with it, and how large that client is."""

import pathlib
import resource
import subprocess
import tempfile
from dataclasses import dataclass

SECONDS = 2.5  # about what one library takes in a round; only the forecast of the time left needs it
OPENSSL = ["-lssl", "-lcrypto"]


@dataclass
class Library:
    header: str
    link: list
    package: str = ""  # what pkg-config calls it, if that has to say where things are
    defines: str = ""


LIBRARIES = {
    "raw": Library("openssl/ssl.h", OPENSSL),
    "tlsmode": Library("tlsmode/tlsmode.hpp", OPENSSL),
    "asio": Library("asio/ssl.hpp", [*OPENSSL, "-pthread"], defines="#define ASIO_STANDALONE\n"),
    "asio_coroutines": Library("asio/ssl.hpp", [*OPENSSL, "-pthread"], defines="#define ASIO_STANDALONE\n"),
    "libevent": Library("event2/bufferevent_ssl.h", ["-levent_openssl", "-levent_core", *OPENSSL]),
    "poco": Library("Poco/Net/SecureStreamSocket.h", ["-lPocoNetSSL", "-lPocoNet", "-lPocoFoundation"]),
    "gnutls": Library("gnutls/gnutls.h", ["-lgnutls"]),
    "botan": Library("botan/tls_client.h", [], "botan-3"),
}
FALLBACKS = {"botan-3": "botan-2"}


def measure(source, compiler, progress, times):
    """Returns name -> costs. A library that is not there is left out. The libraries take turns; seconds are the best turn's."""
    costs = {}
    with tempfile.TemporaryDirectory() as directory:
        for turn in range(times):
            for name, library in LIBRARIES.items():
                progress.step(f"a small client: round {turn + 1} of {times}", name, SECONDS)
                if turn > 0 and name not in costs:
                    continue
                try:
                    client = Client(source, name, library, compiler, pathlib.Path(directory))
                    costs[name] = least(costs.get(name), client.costs())
                except subprocess.CalledProcessError as problem:
                    progress.note(f"{name} is left out: {((problem.stderr or '').strip().splitlines() or ['it does not compile'])[0]}")
    return costs


def least(one, other):
    return other if one is None else {key: min(one[key], other[key]) for key in one}


class Client:
    def __init__(self, source, name, library, compiler, directory):
        self.source = pathlib.Path(source, "bench", "include_cost", f"{name}.cpp")
        self.library, self.compiler, self.directory = library, compiler, directory
        found = self.ask_pkg_config() if library.package else []
        self.link = [*library.link, *(word for word in found if word.startswith("-l"))]
        self.flags = ["-std=c++20", "-O2", "-I", str(pathlib.Path(source, "include")), *(word for word in found if not word.startswith("-l"))]

    def ask_pkg_config(self):
        package = self.library.package
        if subprocess.run(["pkg-config", "--exists", package], check=False).returncode != 0:
            package = FALLBACKS[package]
        return run(["pkg-config", "--cflags", "--libs", package]).split()

    def costs(self):
        header, program = self.directory / "header.cpp", self.directory / "client"
        header.write_text(f"{self.library.defines}#include <{self.library.header}>\n", encoding="utf-8")
        connect = self.source.with_name("connect.cpp")
        return {
            "include_seconds": self.compile(header),  # what a source file pays that includes it and does nothing
            "compile_seconds": self.compile(self.source),
            "lines": run([self.compiler, *self.flags, "-E", str(self.source)]).count("\n"),
            "bytes": self.linked_size(connect, program),
        }

    def compile(self, source):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run([self.compiler, *self.flags, "-c", str(source), "-o", str(self.directory / f"{source.stem}.o")])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def linked_size(self, connect, program):
        self.compile(connect)
        run([self.compiler, "-s", str(self.directory / f"{self.source.stem}.o"), str(self.directory / "connect.o"), "-o", str(program), *self.link])
        return program.stat().st_size


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
