# SPDX-License-Identifier: MIT
"""What tools/bench measures: a list of Measurement, smaller with --quick."""

from dataclasses import dataclass, field

PEERS = ["raw", "raw_release", "raw_epoll", "raw_memory", "tlsmode_strict", "tlsmode_release", "tlsmode_buffered", "tlsmode_epoll",
         "asio_callbacks", "asio_coroutines", "libevent", "poco", "gnutls", "botan", "aead", "plain"]
WITHOUT_TLS = ["aead", "plain"]
# raw and tlsmode with SSL_MODE_RELEASE_BUFFERS: measured where it may matter.
RELEASING = ["raw_release", "tlsmode_release"]
USUAL = [peer for peer in PEERS if peer not in RELEASING]
TLS = [peer for peer in PEERS if peer not in WITHOUT_TLS]
GROWTH = ["raw", "raw_epoll", "tlsmode_strict", "tlsmode_buffered", "tlsmode_epoll", "asio_callbacks", "libevent", "gnutls"]


@dataclass
class Figure:
    key: str
    title: str
    digits: int = 3
    more_is_better: bool = False


@dataclass
class Measurement:
    name: str
    title: str
    arguments: list
    figures: list
    rounds: int
    seconds: float  # about what one run takes; only the forecast of the time left needs it
    kind: str = "plain"  # or "shim" (counts calls), or "callgrind" (counts instructions)
    peers: list = field(default_factory=lambda: list(USUAL))
    # For growth: which curve this is a point of, and where.
    curve: str = ""
    x: int = 0
    writes: int = 0  # of small writes: how many

    @property
    def group(self):
        """What documents call it: bulk, small, ping, handshake, idle, calls, instructions or growth."""
        return self.name.split("_")[0]


def measurements(quick):
    return [*bulk(quick), *small(quick), *ping_pong(quick), *handshakes(quick), *idle(quick), *calls(), *instructions(), *growth(quick)]


def bulk(quick):
    size = "128m" if quick else "512m"
    figures = [Figure("cpu_per_gb", "CPU s per GB"), Figure("mb_per_second", "MB/s", 0, True)]
    return [Measurement(f"bulk_{write}", f"bulk, writes of {text}", ["bulk", f"write={write}", f"bytes={size}"], figures,
                        3 if quick else 9, 0.25 if quick else 0.8, peers=PEERS)
            for write, text in (("16k", "16 KiB"), ("64k", "64 KiB"), ("1m", "1 MiB"))]


def small(quick):
    writes = 100_000 if quick else 1_000_000
    figures = [Figure("cpu", "CPU s"), Figure("mb_per_second", "MB/s", 1, True), Figure("wire_bytes", "bytes on the wire", 0)]
    return [Measurement("small_writes", f"{writes:,} writes of 100 B", ["bulk", "write=100", f"bytes={writes * 100}"], figures,
                        3 if quick else 5, 0.7 if quick else 5, writes=writes)]


def ping_pong(quick):
    rounds = 3000 if quick else 30000
    figures = [Figure("cpu_us_per_round", "CPU µs per round trip", 2), Figure("p50_us", "p50 µs", 1), Figure("p99_us", "p99 µs", 1)]
    return [Measurement(f"ping_pong_{cores}", f"ping-pong of 64 B, {text}", ["echo", f"rounds={rounds}", f"cores={cores}"], figures,
                        3 if quick else 9, 0.2 if quick else 0.9)
            for cores, text in ((1, "both ends on one core"), (2, "a core for each end"))]


def handshakes(quick):
    rounds = 150 if quick else 1000
    figures = [Figure("cpu_us_each", "CPU µs each", 0), Figure("cpu_us_client", "client's", 0), Figure("cpu_us_server", "server's", 0)]
    return [Measurement(f"handshake_{name}", f"handshakes, {name}", ["handshake", f"rounds={rounds}", f"resume={resume}"], figures,
                        3 if quick else 7, 0.4 if quick else 2, peers=TLS)
            for name, resume in (("full", 0), ("resumed", 1))] + [
        Measurement("handshake_chain", "handshakes, full, with an intermediate, the client trusting the system",
                    ["handshake", f"rounds={rounds}", "chain=1"], figures, 3 if quick else 7, 0.4 if quick else 2,
                    peers=[peer for peer in TLS if peer not in ("gnutls", "botan")])]


def idle(quick):
    figures = [Figure("kib_server", "server, KiB each", 1), Figure("kib_client", "client, KiB each", 1)]
    return [Measurement(f"idle_{count}", f"private memory of an idle connection, {count:,} connections", ["idle", f"connections={count}"],
                        figures, 1, count / 500, peers=TLS)
            for count in ([1000] if quick else [2000, 10000])]


def calls():
    per_mb = [Figure("system_calls_per_mb", "system calls per MB", 1), Figure("allocations_per_mb", "allocations per MB", 1)]
    per_round = [Figure("system_calls_per_round", "system calls per round trip", 2),
                 Figure("allocations_per_round", "allocations per round trip", 2)]
    return [*(Measurement(f"calls_{write}", f"calls, bulk, writes of {text}", ["bulk", f"write={write}", "bytes=64m"], per_mb, 1, 0.3, "shim")
              for write, text in (("16k", "16 KiB"), ("64k", "64 KiB"), ("1m", "1 MiB"))),
            Measurement("calls_ping_pong", "calls, ping-pong of 64 B", ["echo", "rounds=1000"], per_round, 1, 0.2, "shim")]


def instructions():
    # The delay makes the client wait for every answer, as it does in life; without it chance decides who finds data at once.
    return [Measurement("instructions", "instructions of one 64-byte write and read", ["echo", "delay=3000"],
                        [Figure("instructions", "instructions", 0)], 1, 5, "callgrind")]


def growth(quick):
    rounds = 1 if quick else 3
    figure = [Figure("cpu_per_gb", "CPU s per GB")]
    for write in (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 1 << 18, 1 << 20):
        size = min(write * (20_000 if quick else 100_000), 64 << 20 if quick else 256 << 20)
        yield Measurement(f"growth_write_{write}", f"growth, writes of {write:,} B", ["bulk", f"write={write}", f"bytes={size}"], figure,
                          rounds, 0.2 if quick else 0.8, peers=[*GROWTH, "aead"], curve="write", x=write)
    figure = [Figure("cpu_us_per_round", "CPU µs per round trip", 2)]
    for count in (1, 10, 100, 1000) if quick else (1, 10, 100, 1000, 10000):
        trips = max((2000 if quick else 20000) // count, 2)
        yield Measurement(f"growth_connections_{count}", f"growth, {count:,} connections at once, round trips of 1 KiB",
                          ["echo", "write=1k", f"connections={count}", f"rounds={trips}"], figure, rounds if count < 10000 else 1, 0.2 + count / 300,
                          peers=GROWTH, curve="connections", x=count)
