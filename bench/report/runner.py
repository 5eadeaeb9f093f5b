# SPDX-License-Identifier: MIT
"""Runs measurements: all peers take turns within a round, so that what disturbs the machine disturbs them alike."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

LONGEST_RUN = 300  # seconds

# callgrind counts each byte of a `rep movsb` as an instruction, which glibc uses for large copies on some processors only.
PLAIN_COPIES = "glibc.cpu.x86_rep_movsb_threshold=0x10000000:glibc.cpu.x86_rep_stosb_threshold=0x10000000"


class Runner:
    def __init__(self, build):
        self.programs = pathlib.Path(build).resolve() / "bench"
        self.shim = self.programs / "libbench_counting_shim.so"

    def has(self, peer):
        return (self.programs / f"bench_{peer}").exists()

    def run_all(self, measurements, peers, progress):
        """Yields each run's figures. A peer that fails is reported and left out of what follows in its measurement."""
        work = [(m, [peer for peer in m.peers if peer in peers]) for m in measurements]
        progress.expect(sum(m.rounds * len(takers) * m.seconds for m, takers in work))
        for measurement, takers in work:
            failed = set()
            for turn in range(measurement.rounds):
                first = turn % max(len(takers), 1)  # nobody is always first
                for peer in takers[first:] + takers[:first]:
                    progress.step(f"{measurement.title}: round {turn + 1} of {measurement.rounds}", peer, measurement.seconds)
                    if peer in failed:
                        continue
                    try:
                        figures = self.run_one(measurement, peer)
                    except (subprocess.SubprocessError, OSError, ValueError) as problem:
                        failed.add(peer)
                        progress.note(f"{measurement.name}: {peer} failed: {reason(problem)}")
                        continue
                    yield {**figures, "measurement": measurement.name, "peer": peer, "round": turn}

    def run_one(self, measurement, peer):
        if measurement.kind == "callgrind":
            few, many = 20, 120
            return {"instructions": (self.instructions(measurement, peer, many) - self.instructions(measurement, peer, few)) / (many - few)}
        environment = dict(os.environ)
        if measurement.kind == "shim":
            environment["LD_PRELOAD"] = str(self.shim)
        return derived(self.run_program([], peer, measurement.arguments, environment)[0])

    def run_program(self, wrapper, peer, arguments, environment):
        command = [*wrapper, str(self.programs / f"bench_{peer}"), *arguments, f"seconds={LONGEST_RUN}"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                output, errors = process.communicate(timeout=LONGEST_RUN + 10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            if process.returncode != 0:
                raise subprocess.CalledProcessError(process.returncode, command, output, errors)
            return json.loads(output), process.pid

    def instructions(self, measurement, peer, rounds):
        """Counts in the client's process only, from the first round trip to the last."""
        with tempfile.TemporaryDirectory() as directory:
            wrapper = ["valgrind", "--tool=callgrind", "--toggle-collect=*measured_play*", f"--callgrind-out-file={directory}/%p"]
            environment = dict(os.environ, GLIBC_TUNABLES=PLAIN_COPIES)
            _, client = self.run_program(wrapper, peer, [*measurement.arguments, f"rounds={rounds}"], environment)
            report = pathlib.Path(directory, str(client)).read_text(encoding="utf-8")
            return int(re.search(r"^(?:totals|summary): (\d+)", report, re.MULTILINE).group(1))


def derived(figures):
    """Adds the figures that are quotients of others."""
    if "system_calls" not in figures:
        return figures
    allocations = figures["client_allocations"] + figures["server_allocations"]
    if figures["workload"] == "bulk":
        megabytes = figures["bytes"] / 1e6
        figures |= {"system_calls_per_mb": figures["system_calls"] / megabytes, "allocations_per_mb": allocations / megabytes}
    elif figures["workload"] == "echo":
        figures |= {"system_calls_per_round": figures["system_calls"] / figures["rounds"], "allocations_per_round": allocations / figures["rounds"]}
    return figures


def reason(problem):
    lines = (getattr(problem, "stderr", None) or str(problem)).strip().splitlines()
    said = [line for line in lines if line.startswith("bench:")]  # the program's own words, if it had any
    return (said or lines or [type(problem).__name__])[-1]


class Progress:
    """What is going on, and how long it will still take: the plan's own estimates, corrected by how long things took so far.
    One line that changes on a terminal; elsewhere one line for every round."""

    def __init__(self, more):
        self.begun, self.expected, self.behind, self.current = time.monotonic(), more, 0, 0
        self.in_place, self.last = sys.stderr.isatty(), ""

    def expect(self, seconds):
        self.expected += seconds

    def step(self, what, who, seconds):
        self.behind, self.current = self.behind + self.current, seconds
        if not self.in_place and what == self.last:
            return
        self.last = what
        line = f"[{self.left()} left] {what}" + (f": {who}" if self.in_place else "")
        print(f"\r\033[K{line}" if self.in_place else line, end="" if self.in_place else "\n", file=sys.stderr, flush=True)

    def left(self):
        elapsed = time.monotonic() - self.begun
        pace = elapsed / self.behind if self.behind > 5 else 1
        seconds = (self.expected - self.behind) * pace
        return f"{seconds / 60:3.0f} min" if seconds > 90 else f"{seconds:3.0f} s"

    def note(self, text):
        print(f"\r\033[K{text}" if self.in_place else text, file=sys.stderr, flush=True)

    def end(self):
        if self.in_place:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
