# SPDX-License-Identifier: MIT
"""The plots of docs/performance.md: one question each, tlsmode in colour, everybody else in grey."""

import pathlib

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (the backend has to be chosen first)

COLOURS = {"tlsmode_strict": "#1f6feb", "tlsmode_buffered": "#d9480f", "tlsmode_epoll": "#2b8a3e", "tlsmode": "#1f6feb", "raw": "#343a40"}
GREY = "#adb5bd"
MARKS = "osD^vP*X"

pyplot.rcParams.update({"svg.hashsalt": "tlsmode", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})

BARS = [  # file, title, beginning of the measurement's name, key
    ("bulk_16k", "Bulk, writes of 16 KiB: CPU seconds per GB, both ends", "bulk_16k", "cpu_per_gb"),
    ("bulk_64k", "Bulk, writes of 64 KiB: CPU seconds per GB, both ends", "bulk_64k", "cpu_per_gb"),
    ("bulk_1m", "Bulk, writes of 1 MiB: CPU seconds per GB, both ends", "bulk_1m", "cpu_per_gb"),
    ("system_calls", "System calls per MB, bulk 64 KiB, both ends", "calls_64k", "system_calls_per_mb"),
    ("small_writes", "Writes of 100 B: MB/s (longer is better)", "small_writes", "mb_per_second"),
    ("ping_pong", "Ping-pong of 64 B on one core: CPU µs per round trip, both ends", "ping_pong_1", "cpu_us_per_round"),
    ("handshake_full", "Full handshake: CPU µs, both ends", "handshake_full", "cpu_us_each"),
    ("handshake_resumed", "Resumed handshake: CPU µs, both ends", "handshake_resumed", "cpu_us_each"),
    ("idle", "An idle connection: private KiB in the server", "idle", "kib_server"),
    ("instructions", "Instructions of one 64-byte write and read", "instructions", "instructions"),
]


def draw_all(measurements, results, costs, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    drawn = []
    names = [m.name for m in measurements]
    for file, title, prefix, key in BARS:
        name = next((each for each in names if each.startswith(prefix)), None)
        values = {peer: results.median(name, key, peer) for peer in results.peers(name, key)}
        if values:
            drawn.append(bars(values, title, directory / f"{file}.svg"))
    if costs:
        drawn.append(bars({name: c["include_seconds"] for name, c in costs.items()}, "Including the header: compiler seconds", directory / "include.svg"))
        drawn.append(bars({name: c["bytes"] / 1024 for name, c in costs.items()}, "A small client, stripped: KiB", directory / "binary.svg"))
    for curve, title, label, key in (
            ("write", "How cost grows as writes get smaller", "bytes per write", "cpu_per_gb"),
            ("connections", "How cost grows with connections that are busy at once (1 KiB round trips)", "connections", "cpu_us_per_round")):
        points = [m for m in measurements if m.curve == curve]
        drawn += lines(points, results, key, title, label, directory / f"growth_{curve}.svg")
    return drawn


def bars(values, title, path):
    order = sorted(values, key=values.get, reverse=True)
    figure, axes = pyplot.subplots(figsize=(7, 0.6 + 0.26 * len(order)))
    drawn = axes.barh(order, [values[name] for name in order], color=[COLOURS.get(name, GREY) for name in order])
    axes.bar_label(drawn, labels=[f" {values[name]:,.3g}" if values[name] < 1000 else f" {values[name]:,.0f}" for name in order])
    axes.set_title(title, loc="left", fontsize=10)
    axes.margins(x=0.12)
    return save(figure, path)


def lines(points, results, key, title, label, path):
    curves = {}
    for point in points:
        for peer in results.peers(point.name, key):
            curves.setdefault(peer, []).append((point.x, results.median(point.name, key, peer)))
    if not curves:
        return []
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for index, (peer, curve) in enumerate(curves.items()):
        axes.plot(*zip(*sorted(curve)), marker=MARKS[index % len(MARKS)], markersize=4, label=peer, color=COLOURS.get(peer, GREY),
                  linewidth=2 if peer in COLOURS else 1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel("CPU s per GB" if key == "cpu_per_gb" else "CPU µs per round trip")
    axes.set_title(title, loc="left", fontsize=10)
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize=8, frameon=False)
    return [save(figure, path)]


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return str(path)
