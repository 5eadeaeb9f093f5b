# SPDX-License-Identifier: MIT
"""The plots of docs/performance.md: one question each. tlsmode is in colour, the C loop it is measured against is black,
the limits are hatched, everybody else is grey. Bars are medians, thin lines go from the least to the most."""

import pathlib
import statistics

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402 (the backend has to be chosen first)

import measurements as plan  # noqa: E402
import tables  # noqa: E402

COLOURS = {"tlsmode_strict": "#1f6feb", "tlsmode_release": "#79b8ff", "tlsmode_buffered": "#d9480f", "tlsmode_epoll": "#2b8a3e",
           "tlsmode": "#1f6feb", "raw": "#212529"}
GREY = "#adb5bd"
LINES = {  # of the growth plots, for those who have no colour of their own: grey, style, mark
    "raw_epoll": ("#495057", "--", "s"), "asio_callbacks": ("#868e96", "-", "^"), "libevent": ("#adb5bd", "-", "v"),
    "gnutls": ("#868e96", ":", "D"), "aead": ("#ced4da", "-.", ""), "tlsmode_epoll": ("#2b8a3e", "--", "s")}

# Text stays text, which keeps the files small.
pyplot.rcParams.update({"svg.hashsalt": "tlsmode", "svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans"],
                        "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                        "axes.titlesize": 9, "axes.titlelocation": "left", "figure.titlesize": 11})

PANELS = [  # file, question, panels: (title, measurement's beginning, key)
    ("bulk", "What does a gigabyte cost? CPU seconds per GB, both ends (shorter is better)",
     [("writes of 16 KiB", "bulk_16k", "cpu_per_gb"), ("writes of 64 KiB", "bulk_64k", "cpu_per_gb"), ("writes of 1 MiB", "bulk_1m", "cpu_per_gb")]),
    ("system_calls", "How often is the kernel asked? System calls per MB, both ends (shorter is better)",
     [("writes of 16 KiB", "calls_16k", "system_calls_per_mb"), ("writes of 64 KiB", "calls_64k", "system_calls_per_mb")]),
    ("small_writes", "What do writes of 100 B cost? (shorter is better)",
     [("CPU seconds, both ends", "small_writes", "cpu"), ("MB on the wire", "small_writes", "wire_bytes")]),
    ("ping_pong", "What does a question of 64 B with its answer cost? Both ends on one core (shorter is better)",
     [("CPU µs per round trip", "ping_pong_1", "cpu_us_per_round"), ("p50, µs", "ping_pong_1", "p50_us"), ("p99, µs", "ping_pong_1", "p99_us")]),
    ("handshake", "What does a handshake cost? CPU µs, both ends (shorter is better)",
     [("full", "handshake_full", "cpu_us_each"), ("resumed", "handshake_resumed", "cpu_us_each")]),
    ("idle", "What does an idle connection hold? Private KiB of the process, per connection (shorter is better)",
     [("server", "idle", "kib_server"), ("client", "idle", "kib_client")]),
    ("instructions", "How many instructions does one 64-byte write and read take? (shorter is better)",
     [("instructions of the client, all libraries, without the kernel", "instructions", "instructions")]),
]
SCALES = {"wire_bytes": 1e-6}
INCLUDE = [("the header alone, seconds", "include_seconds", 1), ("the client, seconds", "compile_seconds", 1), ("stripped, KiB", "bytes", 1 / 1024)]
GROWTH = [("write", "How does cost grow as writes get smaller?", "bytes per write", "CPU s per GB, both ends"),
          ("connections", "How does cost grow with busy connections? Round trips of 1 KiB", "connections", "CPU µs per round trip, both ends")]


def draw_all(measurements, results, costs, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    drawn = []
    for file, question, wanted in PANELS:
        panels = []
        for title, beginning, key in wanted:
            name = next((m.name for m in measurements if m.name.startswith(beginning)), "")
            scale = SCALES.get(key, 1)
            values = {peer: [value * scale for value in results.turns(name, key, peer)] for peer in results.peers(name, key)}
            if values:
                panels.append((title, values))
        if panels:
            drawn.append(bars(question, panels, directory / f"{file}.svg"))
    if costs:
        panels = [(title, {name: [cost[key] * scale] for name, cost in costs.items()}) for title, key, scale in INCLUDE]
        drawn.append(bars("What does a small client cost to build? (shorter is better)", panels, directory / "include.svg"))
    drawn += limits(results, directory / "limit.svg")
    for curve, question, label, unit in GROWTH:
        drawn += growth([m for m in measurements if m.curve == curve], results, question, label, unit, directory / f"growth_{curve}.svg")
    return drawn


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def bars(question, panels, path):
    """One row of panels that share their order: the one with the least sum of ranks is on top."""
    ranks = [sorted(values, key=lambda peer: statistics.median(values[peer])) for _, values in panels]
    order = sorted(panels[0][1], key=lambda peer: sum(rank.index(peer) for rank in ranks if peer in rank), reverse=True)
    width = 5 if len(panels) == 1 else 3.1 if len(panels) == 2 else 2.3
    figure, axes = pyplot.subplots(1, len(panels), figsize=(1.6 + width * len(panels), 0.95 + 0.23 * len(order)), sharey=True, squeeze=False)
    for axis, (title, values) in zip(axes[0], panels):
        medians = [statistics.median(values[peer]) if peer in values else 0 for peer in order]
        reach = [[m - min(values.get(p, [0])) for p, m in zip(order, medians)], [max(values.get(p, [0])) - m for p, m in zip(order, medians)]]
        is_ranged = any(len(turns) > 1 for turns in values.values())
        drawn = axis.barh(order, medians, height=0.74, color=[COLOURS.get(peer, GREY) for peer in order],
                          xerr=reach if is_ranged else None, error_kw={"elinewidth": 0.8, "ecolor": "#00000090"})
        for bar, peer in zip(drawn, order):
            if peer in plan.WITHOUT_TLS:
                bar.set(facecolor="white", edgecolor=GREY, hatch="////")
        axis.bar_label(drawn, labels=[f" {number(value)}" if peer in values else " –" for peer, value in zip(order, medians)], fontsize=8)
        axis.set_title(title)
        axis.margins(x=0.2, y=0.01)
        axis.xaxis.set_major_locator(ticker.MaxNLocator(4))
        axis.tick_params(axis="y", length=0)
    for label in axes[0][0].get_yticklabels():
        if label.get_text().startswith("tlsmode"):
            label.set(color=COLOURS[label.get_text()], fontweight="bold")
    figure.suptitle(question, x=0.01, ha="left")
    return save(figure, path)


def limits(results, path):
    panels = [(title, split) for measurement, key, title in tables.LIMITS if (split := tables.limit_parts(results, measurement, key))]
    if not panels:
        return []
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(8, 0.9 + 1.9 * len(panels)), squeeze=False)
    for axis, (title, split) in zip(axes[:, 0], panels):
        order = sorted(split, key=lambda peer: sum(split[peer]), reverse=True)
        left = [0.0] * len(order)
        for part, (label, colour) in enumerate((("the kernel: calls and copies", "#ced4da"), ("encryption and authentication", "#868e96"),
                                                ("the library", None))):
            widths = [split[peer][part] for peer in order]
            colours = [colour or COLOURS.get(peer, "#343a40") for peer in order]
            drawn = axis.barh(order, widths, left=left, color=colours, height=0.74, label=label)
            axis.bar_label(drawn, labels=[number(width) for width in widths], label_type="center", fontsize=8,
                           color="black" if colour == "#ced4da" else "white")
            left = [start + width for start, width in zip(left, widths)]
        axis.set_title(title)
        axis.tick_params(axis="y", length=0)
    axes[0][0].legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle("What is the cost made of, and who could still save it?", x=0.01, ha="left")
    return [save(figure, path)]


def growth(points, results, question, label, unit, path):
    """Left: the cost itself. Right: the same as a ratio to raw."""
    curves = {}
    for point in points:
        for peer in results.peers(point.name, point.figures[0].key):
            turns = results.turns(point.name, point.figures[0].key, peer)
            ratios = results.ratios(point.name, point.figures[0].key, peer)
            if ratios:
                curves.setdefault(peer, []).append((point.x, statistics.median(turns), min(turns), max(turns), statistics.median(ratios), min(ratios), max(ratios)))
    if not curves:
        return []
    figure, axes = pyplot.subplots(1, 2, figsize=(9.4, 3.9))
    for peer, curve in curves.items():
        x, *columns = zip(*sorted(curve))
        colour, style, mark = LINES.get(peer, (COLOURS.get(peer, GREY), "-", "o"))
        for axis, (value, least, most) in zip(axes, (columns[:3], columns[3:])):
            axis.plot(x, value, linestyle=style, marker=mark, markersize=4.5, color=colour, linewidth=2 if peer.startswith("tlsmode") else 1.2,
                      label=peer, zorder=3 if peer.startswith("tlsmode") else 2)
            axis.vlines(x, least, most, color=colour, linewidth=0.8, alpha=0.6)
    for axis, title in zip(axes, (unit, "the same, × raw (below 1: cheaper than the C loop)")):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel(label)
        axis.set_title(title)
        axis.grid(True, which="major", alpha=0.25)
        places = sorted({point.x for point in points})
        axis.set_xticks(places[::2] if len(places) > 8 else places, minor=False)
        axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: in_short(value) if "bytes" in label else f"{value:,.0f}"))
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        decades = axis.get_ylim()[1] / axis.get_ylim()[0]
        shown = "" if decades > 1000 else "25" if decades > 20 else "23456789"
        axis.yaxis.set_minor_formatter(ticker.FuncFormatter(lambda value, _, shown=shown: f"{value:g}" if f"{value:.1e}"[0] in shown else ""))
    axes[1].axhline(1, color=COLOURS["raw"], linewidth=0.8)
    axes[1].legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(question, x=0.01, ha="left")
    return [save(figure, path)]


def in_short(size):
    return f"{size / (1 << 20):g} MiB" if size >= 1 << 20 else f"{size / 1024:g} KiB" if size >= 1024 else f"{size:g} B"


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return str(path)
