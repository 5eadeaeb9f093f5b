# SPDX-License-Identifier: MIT
"""Measures tlsmode and its peers side by side: builds bench/, runs the peers in turns, prints medians, ranges and ratios to raw,
then the targets, and writes results.json, results.md and the plots. It installs what is missing, and says so first.

  tools/bench --quick                       a few minutes
  tools/bench                               everything, more than an hour
  tools/bench --quick --only bulk,calls     measurements whose names begin so
  tools/bench --from results.json           tables and plots again, from figures of an earlier run
  tools/bench --document                    and puts them into docs/performance.md, README.md and docs/plots
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import document  # noqa: E402
import include_cost  # noqa: E402
import measurements as plan  # noqa: E402
import runner  # noqa: E402
import tables  # noqa: E402

try:
    import plots
except ImportError:  # figures come first, and matplotlib may be missing
    plots = None

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller workloads, fewer rounds")
    parser.add_argument("--only", default="", help="comma-separated beginnings of measurement names; `include_cost` is one")
    parser.add_argument("--peers", default="", help="comma-separated peers (raw is always among them)")
    parser.add_argument("--rounds", type=int, help="rounds of every measurement that has more than one")
    parser.add_argument("--build", default=str(SOURCE / "build" / "bench"), help="build directory (default: build/bench)")
    parser.add_argument("--output", help="where results go (default: <build>/results)")
    parser.add_argument("--from", dest="earlier", help="take the figures from this results.json, measure nothing")
    parser.add_argument("--document", action="store_true", help="write the figures into docs/performance.md and README.md, the plots to docs/plots")
    parser.add_argument("--no-install", action="store_true", help="use what is there, install nothing")
    parser.add_argument("--list", action="store_true", help="list the measurements")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.list:
        return list_measurements(arguments)
    output = pathlib.Path(arguments.output or pathlib.Path(arguments.build) / "results")
    output.mkdir(parents=True, exist_ok=True)
    if arguments.earlier:
        record = json.loads(pathlib.Path(arguments.earlier).read_text(encoding="utf-8"))
    else:
        build(arguments.build)
        record = measure(arguments, chosen_measurements(arguments))
        (output / "results.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    report(record, output, arguments.document)
    return 0


def list_measurements(arguments):
    listed = plan.measurements(arguments.quick)
    for each in listed:
        print(f"{each.name:26} {each.title} ({each.rounds} rounds, {len(each.peers)} peers)")
    print(f"{'include_cost':26} including, compiling and linking a small client")
    seconds = sum(each.rounds * len(each.peers) * each.seconds for each in listed) + include_cost_seconds(arguments.quick)
    print(f"about {seconds / 60:.0f} minutes in all")
    return 0


def include_cost_rounds(quick):
    return 3 if quick else 7


def include_cost_seconds(quick):
    return include_cost_rounds(quick) * len(include_cost.LIBRARIES) * include_cost.SECONDS


def build(directory):
    options = ["-Dbench=true", "-Dtests=disabled", "-Dexamples=disabled", "-Dbuildtype=debugoptimized"]
    again = ["--reconfigure"] if pathlib.Path(directory, "build.ninja").exists() else []
    print(f"Building in {directory} (a minute or two the first time)", flush=True)
    setup = subprocess.run(["meson", "setup", *again, str(directory), str(SOURCE), *options], check=False, capture_output=True, text=True)
    if setup.returncode != 0:
        sys.exit(setup.stdout + setup.stderr)
    made = subprocess.run(["ninja", "-k", "0", "-C", str(directory)], check=False, capture_output=True, text=True)
    if made.returncode == 0:
        return
    broken = set(re.findall(r"^FAILED: .*?bench/bench_(\w+)", made.stdout, re.MULTILINE))
    if not broken or any(peer == "raw" or peer == "counters" or tables.is_ours(peer) for peer in broken):
        sys.exit(made.stdout + made.stderr)
    print("These do not compile with the version that is here, so they are left out:", " ".join(sorted(broken)))
    for peer in broken:
        pathlib.Path(directory, "bench", f"bench_{peer}").unlink(missing_ok=True)


def is_chosen(arguments, name):
    return not arguments.only or any(name.startswith(each) for each in arguments.only.split(","))


def chosen_measurements(arguments):
    wanted = [each for each in plan.measurements(arguments.quick) if is_chosen(arguments, each.name)]
    if not shutil.which("valgrind") and any(each.kind == "callgrind" for each in wanted):
        print("No valgrind, so instructions are not counted.")
        wanted = [each for each in wanted if each.kind != "callgrind"]
    for each in wanted:
        if arguments.rounds and each.rounds > 1:
            each.rounds = arguments.rounds
    return wanted


def measure(arguments, wanted):
    programs = runner.Runner(arguments.build)
    peers = ["raw", *arguments.peers.split(",")] if arguments.peers else plan.PEERS
    absent = [peer for peer in peers if not programs.has(peer)]
    if absent:
        print("Not built, so not measured:", " ".join(absent))
    with_costs = is_chosen(arguments, "include_cost")
    record = {"quick": arguments.quick, "machine": describe_machine(), "runs": [], "include_cost": {}}
    progress = runner.Progress(include_cost_seconds(arguments.quick) if with_costs else 0)
    record["runs"] = list(programs.run_all(wanted, [peer for peer in peers if peer not in absent], progress))
    if with_costs:
        record["include_cost"] = include_cost.measure(SOURCE, os.environ.get("CXX", "g++"), progress,
                                                      include_cost_rounds(arguments.quick))
    progress.end()
    return record


def describe_machine():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    system = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    return {
        "processor": processor.group(1) if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "system": re.search(r'PRETTY_NAME="?([^"\n]*)', system).group(1),
        "kernel": platform.release(),
        "compiler": first_line([os.environ.get("CXX", "g++"), "--version"]),
    }


def first_line(command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine_text(record):
    """What was measured on, and with which libraries, as the programs themselves said."""
    machine = record["machine"]
    spoken = {}
    for run in record["runs"]:
        if "library" in run:
            spoken.setdefault((run["library"], run["protocol"], run["cipher"], run.get("group") or "not said"), set()).add(run["peer"])
    lines = [f"{machine['processor']}, {machine['cores']} cores; {machine['system']}, Linux {machine['kernel']}; {machine['compiler']}."]
    if record["quick"]:
        lines.append("**The figures are those of a `--quick` run.**")
    if spoken:
        lines += ["", tables.table(["library", "protocol", "cipher", "key exchange", "peers"], [[*what, ", ".join(sorted(peers))] for what, peers in sorted(spoken.items())])
                  .replace("---:", "---")]
    return "\n".join(lines)


def report(record, output, into_documents):
    wanted = plan.measurements(record["quick"])
    results = tables.Results(record["runs"])
    costs = record["include_cost"]
    texts = tables.sections(wanted, results, costs) | {"machine": machine_text(record), "summary": tables.summary_table(wanted, results, costs)}
    everything = "\n".join(f"## {name}\n\n{texts[name]}" for name in ("machine", *tables.SECTIONS))
    (output / "results.md").write_text(everything, encoding="utf-8")
    for name in ("bulk", "calls", "small", "ping", "handshake", "idle", "instructions", "growth", "include", "limit"):
        if texts[name] != "Not measured.\n":
            print(texts[name])
    print(f"{texts['machine']}\nWho is ahead of tlsmode:\n\n{texts['losses']}\nTargets:\n\n{tables.targets_text(wanted, results, costs)}\n")
    plots_directory = SOURCE / "docs" / "plots" if into_documents else output / "plots"
    if plots is None:
        print("No plots: python3-matplotlib is missing.")
    else:
        drawn = plots.draw_all(wanted, results, costs, plots_directory)
        print(f"{len(drawn)} plots in {plots_directory}")
    print(f"Figures in {output}/results.json and results.md")
    if into_documents:
        for path in (SOURCE / "docs" / "performance.md", SOURCE / "README.md"):
            document.write_figures(path, texts)
            print("written into", path)


if __name__ == "__main__":
    sys.exit(main())
