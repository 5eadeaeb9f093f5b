# SPDX-License-Identifier: MIT
"""Medians, ranges, and ratios. A ratio is taken within a round, between neighbours in time, and only then ranked."""

import statistics
from dataclasses import dataclass

import measurements as plan

# The tlsmode peer that speaks for the library: the policy one would ship for such work.
COUNTED = {"bulk": "tlsmode_strict", "small": "tlsmode_buffered", "ping": "tlsmode_strict", "handshake": "tlsmode_strict",
           "idle": "tlsmode_epoll", "calls": "tlsmode_strict", "instructions": "tlsmode_strict"}
POLICY = {"tlsmode_strict": "default policy (StrictWrites), blocking Socket", "tlsmode_buffered": "BufferedWrites, blocking Socket",
          "tlsmode_epoll": "default policy (StrictWrites), non-blocking Socket",
          "tlsmode_release": "StrictWrites with release_buffers, blocking Socket"}


class Results:
    def __init__(self, runs):
        self.values = {}
        for run in runs:
            for key, value in run.items():
                if isinstance(value, (int, float)):
                    self.values.setdefault((run["measurement"], key), {}).setdefault(run["peer"], {})[run["round"]] = value

    def peers(self, measurement, key):
        return list(self.values.get((measurement, key), {}))

    def turns(self, measurement, key, peer):
        return list(self.values.get((measurement, key), {}).get(peer, {}).values())

    def median(self, measurement, key, peer):
        turns = self.turns(measurement, key, peer)
        return statistics.median(turns) if turns else None

    def ratios(self, measurement, key, peer, base="raw"):
        figures = self.values.get((measurement, key), {})
        ours, theirs = figures.get(peer, {}), figures.get(base, {})
        return [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]


def table(titles, rows):
    """The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows), ""])


def name_cell(peer):
    return f"**{peer}**" if is_ours(peer) else peer


def ratio_text(ratios):
    if not ratios:
        return "–"
    middle = f"{statistics.median(ratios):.3f}"
    return middle if min(ratios) == max(ratios) else f"{middle} ({min(ratios):.2f}–{max(ratios):.2f})"


def value_text(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def measurement_table(measurement, results):
    peers = [peer for peer in measurement.peers if peer in results.peers(measurement.name, measurement.figures[0].key)]
    if not peers:
        return ""
    rows = []
    for peer in peers:
        cells = [name_cell(peer)]
        for figure in measurement.figures:
            cells.append(value_text(results.median(measurement.name, figure.key, peer), figure.digits))
            cells.append(ratio_text(results.ratios(measurement.name, figure.key, peer)))
        rows.append(cells)
    titles = ["peer", *(title for figure in measurement.figures for title in (figure.title, "× raw"))]
    return f"{measurement.title[0].upper()}{measurement.title[1:]}:\n\n" + table(titles, rows)


def growth_table(points, results):
    points = [point for point in points if results.peers(point.name, point.figures[0].key)]
    if not points:
        return ""
    figure = points[0].figures[0]
    rows = [[name_cell(peer), *(f"{value:,.4g}" if (value := results.median(point.name, figure.key, peer)) is not None else "–" for point in points)]
            for peer in points[0].peers if peer in results.peers(points[0].name, figure.key)]
    what = "bytes per write" if points[0].curve == "write" else "connections"
    return f"{figure.title}, by {what}:\n\n" + table(["peer", *(f"{point.x:,}" for point in points)], rows)


def include_cost_table(costs):
    rows = [[name_cell(name), f"{c['include_seconds']:.2f}", f"{c['compile_seconds']:.2f}", f"{c['lines']:,}", f"{c['bytes']:,}"]
            for name, c in costs.items()]
    return "A small client:\n\n" + table(["library", "header alone, s", "client, s", "preprocessed lines", "stripped bytes"], rows) if rows else ""


# --- What is asked for

@dataclass
class Target:
    what: str
    measurement: str  # the beginning of its name
    key: str
    base: str
    most: float = 0  # 0: no target, shown for what it is
    peer: str = ""  # default: the one that COUNTED names
    is_strict: bool = False  # less than `most`, not just at most


NOT_MEASURED = "not measured"

TARGETS = [
    Target("instructions of a 64-byte write + read", "instructions", "instructions", "raw", 1.01),
    Target("bulk 64 KiB, CPU per GB", "bulk_64k", "cpu_per_gb", "raw", 0.80),
    Target("bulk 64 KiB, CPU per GB", "bulk_64k", "cpu_per_gb", "asio_callbacks", 0.68),
    Target("bulk 64 KiB, CPU per GB", "bulk_64k", "cpu_per_gb", "gnutls", 0.95),
    Target("bulk 64 KiB, system calls per MB", "calls_64k", "system_calls_per_mb", "raw", 0.22),
    Target("bulk 64 KiB, system calls per MB", "calls_64k", "system_calls_per_mb", "asio_callbacks", 0.17),
    Target("writes of 100 B, CPU", "small_writes", "cpu", "raw", 0.03),
    Target("writes of 100 B, CPU", "small_writes", "cpu", "libevent", 0.5),
    Target("writes of 100 B, bytes on the wire", "small_writes", "wire_bytes", "raw", 1, is_strict=True),
    Target("writes of 100 B, bytes on the wire", "small_writes", "wire_bytes", "libevent", 1, is_strict=True),
    Target("ping-pong 64 B, CPU", "ping_pong_1", "cpu_us_per_round", "raw", 0.92),
    Target("ping-pong 64 B, CPU", "ping_pong_1", "cpu_us_per_round", "asio_callbacks", 0.78),
    Target("ping-pong 64 B, p50", "ping_pong_1", "p50_us", "raw", 0.92),
    Target("ping-pong 64 B, p50", "ping_pong_1", "p50_us", "asio_callbacks", 0.78),
    Target("ping-pong 64 B, p99", "ping_pong_1", "p99_us", "raw", 1.0),
    Target("ping-pong 64 B, p99", "ping_pong_1", "p99_us", "asio_callbacks", 1.0),
    Target("full handshake, CPU", "handshake_full", "cpu_us_each", "raw", 0.85),
    Target("resumed handshake, CPU", "handshake_resumed", "cpu_us_each", "raw", 0.85),
    *(Target("idle connection, server's memory", "idle", "kib_server", base, most, peer)
      for peer in ("tlsmode_epoll", "tlsmode_release")
      for base, most in (("asio_callbacks", 0.163), ("raw_release", 1.0), ("gnutls", 0))),
]


def target_rows(measurements, results, costs):
    """Cells: what, policy, against, target, measured ratio, verdict."""
    rows = []
    for target in TARGETS:
        for measurement in measurements:
            if not measurement.name.startswith(target.measurement):
                continue
            peer = target.peer or COUNTED[measurement.group]
            ratios = results.ratios(measurement.name, target.key, peer, target.base)
            what = f"{target.what}, {measurement.name.split('_')[1]} connections" if measurement.group == "idle" else target.what
            rows.append(target_row(what, POLICY[peer], target, ratios))
    ratios = [costs["tlsmode"]["include_seconds"] / costs["asio"]["include_seconds"]] if {"tlsmode", "asio"} <= costs.keys() else []
    rows.append(target_row("include time of `<tlsmode/tlsmode.hpp>`", "–", Target("", "", "", "`<asio/ssl.hpp>`", 0.15), ratios))
    return rows


def target_row(what, policy, target, ratios):
    if not ratios:
        verdict = NOT_MEASURED
    elif not target.most:
        verdict = "–"
    else:
        middle = statistics.median(ratios)
        verdict = "met" if (middle < target.most if target.is_strict else middle <= target.most) else "**missed**"
    sign = "<" if target.is_strict else "≤"
    return [what, policy, target.base, f"{sign} {target.most:g}" if target.most else "–", ratio_text(ratios), verdict]


TARGET_TITLES = ["what", "tlsmode with", "against", "target", "measured", ""]


def targets_table(measurements, results, costs):
    return table(TARGET_TITLES, target_rows(measurements, results, costs)).replace("|---|---:|---:|", "|---|---|---|")


def targets_text(measurements, results, costs):
    """Those that were measured, in columns, for a terminal."""
    rows = [[cell.replace("`", "").replace("**missed**", "MISSED") for cell in row] for row in target_rows(measurements, results, costs)
            if row[-1] != NOT_MEASURED]
    widths = [max(len(row[i]) for row in [TARGET_TITLES, *rows]) for i in range(len(TARGET_TITLES))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [TARGET_TITLES, *rows])


def losses_table(measurements, results, costs):
    """Every figure in which a TLS peer is more than 2 % ahead of the tlsmode peer that counts; in growth, of the best of them."""
    rows = []
    for measurement in measurements:
        for figure in measurement.figures:
            peers = [peer for peer in results.peers(measurement.name, figure.key) if peer not in plan.WITHOUT_TLS]
            ours = COUNTED.get(measurement.group) or min(filter(is_ours, peers), default="",
                                                         key=lambda peer: results.median(measurement.name, figure.key, peer))
            ratios = {peer: results.ratios(measurement.name, figure.key, ours, peer) for peer in peers if not is_ours(peer)}
            behind = {peer: statistics.median(turns) ** (-1 if figure.more_is_better else 1) for peer, turns in ratios.items() if turns}
            rows += losses_row(f"{measurement.title}: {figure.title}", ours, behind)
    for key, title in (("include_seconds", "including the header"), ("compile_seconds", "compiling a small client"), ("bytes", "the client's size")):
        rows += losses_row(title, "tlsmode", {name: costs["tlsmode"][key] / cost[key] for name, cost in costs.items()} if "tlsmode" in costs else {})
    titles = ["what", "with", "who is ahead, and by what factor"]
    return table(titles, rows).replace("|---|---:|---:|", "|---|---|---|") if rows else "None: nobody is more than 2 % ahead anywhere.\n"


def is_ours(peer):
    return peer.startswith("tlsmode")


def losses_row(what, ours, behind):
    ahead = sorted((peer for peer in behind if behind[peer] > 1.02), key=behind.get, reverse=True)
    return [[what, ours, ", ".join(f"{peer} {behind[peer]:.2f}" for peer in ahead)]] if ahead else []


def limit_table(results):
    """What the CPU time goes into: the kernel and its copies, the AEAD, and all the rest, which is the library's."""
    parts = []
    for measurement, key, title in LIMITS:
        split = limit_parts(results, measurement, key)
        rows = [[name_cell(peer), *(f"{part:.3g}" for part in cells), f"{sum(cells):.3g}"] for peer, cells in split.items()]
        if rows:
            parts.append(f"{title}:\n\n" + table(["peer", "kernel (`plain`)", "AEAD (`aead` − `plain`)", "the rest", "all"], rows))
    return "\n".join(parts)


LIMITS = [("bulk_64k", "cpu_per_gb", "CPU seconds per GB, bulk, writes of 64 KiB"),
          ("ping_pong_1", "cpu_us_per_round", "CPU µs per round trip, ping-pong of 64 B, both ends on one core")]


def limit_parts(results, measurement, key, peers=("raw", "asio_callbacks", "libevent", "gnutls", "tlsmode_strict", "tlsmode_buffered")):
    """peer -> (kernel, AEAD, rest), if all of it was measured."""
    plain, aead = (results.median(measurement, key, peer) for peer in ("plain", "aead"))
    if plain is None or aead is None:
        return {}
    everything = {peer: results.median(measurement, key, peer) for peer in peers}
    return {peer: (plain, aead - plain, value - aead) for peer, value in everything.items() if value is not None}


# --- All of it

SECTIONS = ["targets", "losses", "bulk", "calls", "small", "ping", "handshake", "idle", "instructions", "growth", "include", "limit"]


def sections(measurements, results, costs):
    """Section name -> markdown, as documents and results.md have it."""
    texts = {}
    for measurement in measurements:
        if not measurement.curve:
            texts.setdefault(measurement.group, []).append(measurement_table(measurement, results))
    texts["growth"] = [growth_table([m for m in measurements if m.curve == curve], results) for curve in ("write", "connections")]
    texts["include"] = [include_cost_table(costs)]
    texts["targets"] = [targets_table(measurements, results, costs)]
    texts["losses"] = [losses_table(measurements, results, costs)]
    texts["limit"] = [limit_table(results)]
    return {name: "\n".join(text for text in texts.get(name, []) if text) or "Not measured.\n" for name in SECTIONS}


# A few figures for the README: (what, measurement, key, digits).
SUMMARY = [("bulk, writes of 64 KiB: CPU s per GB", "bulk_64k", "cpu_per_gb", 3), ("the same: system calls per MB", "calls_64k", "system_calls_per_mb", 1),
           ("writes of 100 B: CPU s per million", "small_writes", "cpu", 2), ("ping-pong of 64 B: CPU µs per round trip", "ping_pong_1", "cpu_us_per_round", 1),
           ("full handshake: CPU µs", "handshake_full", "cpu_us_each", 0), ("resumed handshake: CPU µs", "handshake_resumed", "cpu_us_each", 0),
           ("idle connection: KiB in the server", "idle", "kib_server", 1), ("instructions of a 64-byte write and read", "instructions", "instructions", 0)]
SUMMARY_PEERS = ["raw", "asio_callbacks", "libevent", "gnutls"]


def summary_table(measurements, results, costs):
    rows = []
    for what, beginning, key, digits in SUMMARY:
        measurement = next(m for m in measurements if m.name.startswith(beginning))
        ours = COUNTED[measurement.group]
        scale = 1e6 / measurement.writes if key == "cpu" else 1
        values = [results.median(measurement.name, key, peer) for peer in (ours, *SUMMARY_PEERS)]
        note = " (`BufferedWrites`)" if ours == "tlsmode_buffered" else ""
        rows.append([what + note, *(value_text(None if value is None else value * scale, digits) for value in values)])
    if costs:
        rows.append(["including the header: compiler seconds",
                     *(value_text(costs.get(name, {}).get("include_seconds"), 2) for name in ("tlsmode", "raw", "asio", "libevent", "gnutls"))])
    return table(["", "**tlsmode**", "OpenSSL in C", "Asio", "libevent", "GnuTLS"], rows)
