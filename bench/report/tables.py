# SPDX-License-Identifier: MIT
"""Medians, ranges, and ratios to raw. A ratio is taken within a round, between neighbours in time, and only then ranked."""

import statistics


class Results:
    def __init__(self, runs):
        self.values = {}
        for run in runs:
            for key, value in run.items():
                if isinstance(value, (int, float)):
                    self.values.setdefault((run["measurement"], key), {}).setdefault(run["peer"], {})[run["round"]] = value

    def peers(self, measurement, key):
        return list(self.values.get((measurement, key), {}))

    def median(self, measurement, key, peer):
        turns = self.values.get((measurement, key), {}).get(peer)
        return statistics.median(turns.values()) if turns else None

    def ratios(self, measurement, key, peer, base="raw"):
        figures = self.values.get((measurement, key), {})
        ours, theirs = figures.get(peer, {}), figures.get(base, {})
        return [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]

    def ratio(self, measurement, key, peer, base="raw"):
        ratios = self.ratios(measurement, key, peer, base)
        return statistics.median(ratios) if ratios else None


def markdown(measurements, results):
    lines = []
    for measurement in measurements:
        peers = [peer for peer in measurement.peers if results.peers(measurement.name, measurement.figures[0].key).count(peer)]
        if not peers:
            continue
        titles = [title for figure in measurement.figures for title in (figure.title, "× raw")]
        lines += [f"### {measurement.title}", "", "| peer | " + " | ".join(titles) + " |", "|---|" + "---:|" * len(titles)]
        for peer in peers:
            cells = [cell for figure in measurement.figures for cell in (value_cell(results, measurement, figure, peer),
                                                                         ratio_cell(results, measurement, figure, peer))]
            lines.append(f"| {peer} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def value_cell(results, measurement, figure, peer):
    value = results.median(measurement.name, figure.key, peer)
    return "–" if value is None else f"{value:,.{figure.digits}f}"


def ratio_cell(results, measurement, figure, peer):
    ratios = results.ratios(measurement.name, figure.key, peer)
    if not ratios:
        return "–"
    middle = f"{statistics.median(ratios):.3f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.2f}–{max(ratios):.2f})"


def include_cost_markdown(costs):
    lines = ["### a client program", "", "| library | include s | compile s | preprocessed lines | stripped bytes |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {name} | {c['include_seconds']:.2f} | {c['compile_seconds']:.2f} | {c['lines']:,} | {c['bytes']:,} |" for name, c in costs.items()]
    return "\n".join(lines + [""])


# The targets that performance is held to: (what, measurement, key, peer, base, at most).
TARGETS = [
    ("instructions, strict vs raw", "instructions", "instructions", "tlsmode_strict", "raw", 1.01),
    ("bulk 64 KiB CPU vs raw", "bulk_64k", "cpu_per_gb", "tlsmode_strict", "raw", 0.80),
    ("bulk 64 KiB CPU vs Asio callbacks", "bulk_64k", "cpu_per_gb", "tlsmode_strict", "asio_callbacks", 0.68),
    ("bulk 64 KiB CPU vs GnuTLS", "bulk_64k", "cpu_per_gb", "tlsmode_strict", "gnutls", 0.95),
    ("bulk 64 KiB system calls vs raw", "calls_64k", "system_calls_per_mb", "tlsmode_strict", "raw", 0.22),
    ("bulk 64 KiB system calls vs Asio callbacks", "calls_64k", "system_calls_per_mb", "tlsmode_strict", "asio_callbacks", 0.17),
    ("small writes CPU vs raw", "small_writes", "cpu", "tlsmode_buffered", "raw", 0.03),
    ("small writes CPU vs libevent", "small_writes", "cpu", "tlsmode_buffered", "libevent", 0.5),
    ("small writes bytes vs libevent", "small_writes", "wire_bytes", "tlsmode_buffered", "libevent", 1.0),
    ("ping-pong CPU vs raw", "ping_pong_1", "cpu_us_per_round", "tlsmode_strict", "raw", 0.92),
    ("ping-pong p50 vs raw", "ping_pong_1", "p50_us", "tlsmode_strict", "raw", 0.92),
    ("ping-pong p99 vs raw", "ping_pong_1", "p99_us", "tlsmode_strict", "raw", 1.0),
    ("ping-pong CPU vs Asio callbacks", "ping_pong_1", "cpu_us_per_round", "tlsmode_strict", "asio_callbacks", 0.78),
    ("full handshake CPU vs raw", "handshake_full", "cpu_us_each", "tlsmode_strict", "raw", 0.85),
    ("resumed handshake CPU vs raw", "handshake_resumed", "cpu_us_each", "tlsmode_strict", "raw", 0.85),
    ("idle connection vs Asio callbacks", "idle", "kib_server", "tlsmode_strict", "asio_callbacks", 0.163),
]


def targets_text(measurements, results, costs):
    names = {m.name for m in measurements}
    lines = ["targets:"]
    for what, name, key, peer, base, most in TARGETS:
        name = next((each for each in sorted(names) if each.startswith(name)), name)
        ratio = results.ratio(name, key, peer, base)
        if ratio is not None:
            lines.append(f"  {'met ' if ratio <= most else 'MISS'} {what}: {ratio:.3f} (at most {most})")
    if costs and {"tlsmode", "asio"} <= costs.keys():
        ratio = costs["tlsmode"]["include_seconds"] / costs["asio"]["include_seconds"]
        lines.append(f"  {'met ' if ratio <= 0.15 else 'MISS'} include time vs Asio: {ratio:.3f} (at most 0.15)")
    return "\n".join(lines)
