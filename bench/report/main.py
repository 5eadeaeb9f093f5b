#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures tlsmode and its peers side by side: builds bench/, runs the peers in turns, prints medians, ranges and ratios to raw,
and writes results.json, results.md and the plots.

  tools/bench --quick                       a few minutes
  tools/bench                               everything, about an hour
  tools/bench --quick --only bulk,calls     measurements whose names begin so
  tools/bench --from results.json           tables and plots again, from figures of an earlier run
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

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "bench" / "report"))
sys.dont_write_bytecode = True

import include_cost  # noqa: E402
import measurements as plan  # noqa: E402
import runner  # noqa: E402
import tables  # noqa: E402

# What has to be there, and what more peers or figures come with. Alternatives: the first that the system offers.
NEEDED = [["g++"], ["meson"], ["ninja-build"], ["pkg-config"], ["libssl-dev"]]
WELCOME = [["valgrind"], ["libasio-dev"], ["libevent-dev"], ["libpoco-dev"], ["libgnutls28-dev"], ["libbotan-3-dev", "libbotan-2-dev"],
           ["python3-matplotlib"]]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller workloads, fewer rounds")
    parser.add_argument("--only", default="", help="comma-separated beginnings of measurement names; `include_cost` is one")
    parser.add_argument("--peers", default="", help="comma-separated peers (raw is always among them)")
    parser.add_argument("--rounds", type=int, help="rounds of every measurement that has more than one")
    parser.add_argument("--build", default=str(SOURCE / "build" / "bench"), help="build directory (default: build/bench)")
    parser.add_argument("--output", help="where results go (default: <build>/results)")
    parser.add_argument("--plots", help="where the plots go (default: <output>/plots)")
    parser.add_argument("--from", dest="earlier", help="take the figures from this results.json, measure nothing")
    parser.add_argument("--no-install", action="store_true", help="use what is there, install nothing")
    parser.add_argument("--list", action="store_true", help="list the measurements")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.list:
        return list_measurements(arguments)
    output = pathlib.Path(arguments.output or pathlib.Path(arguments.build) / "results")
    if arguments.earlier:
        record = json.loads(pathlib.Path(arguments.earlier).read_text(encoding="utf-8"))
        wanted = plan.measurements(record["quick"])
    else:
        install_missing(arguments.no_install)
        build(arguments.build)
        wanted = chosen_measurements(arguments)
        record = measure(arguments, wanted)
        output.mkdir(parents=True, exist_ok=True)
        (output / "results.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    report(record, wanted, output, arguments.plots or output / "plots")
    return 0


def list_measurements(arguments):
    for each in plan.measurements(arguments.quick):
        print(f"{each.name:28} {each.title} ({each.rounds} rounds, {len(each.peers)} peers)")
    print(f"{'include_cost':28} including, compiling and linking a small client")
    return 0


def install_missing(forbidden):
    missing = [choice for choice in map(pick_package, NEEDED + WELCOME) if choice]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        command = ["sudo", "-n", *command]
    if forbidden or not shutil.which("apt-get"):
        print("not installed, so their figures are missing:", " ".join(missing))
        return
    print("installing what is missing:", " ".join(command), flush=True)
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        print("that did not work. With the rights to do so, run:\n  apt-get install -y --no-install-recommends " + " ".join(missing))
        print("going on with what there is")


def pick_package(alternatives):
    """The package to install, or none if one of the alternatives is installed or the system has none of them."""
    if not shutil.which("dpkg-query"):
        return None
    if any(is_installed(name) for name in alternatives):
        return None
    return next((name for name in alternatives if quiet(["apt-cache", "show", name]) == 0), None)


def is_installed(name):
    if shutil.which({"ninja-build": "ninja"}.get(name, name)):
        return True
    status = subprocess.run(["dpkg-query", "-W", "-f=${Status}", name], check=False, capture_output=True, text=True)
    return status.stdout.endswith(" installed")


def quiet(command):
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def build(directory):
    options = ["-Dbench=true", "-Dtests=disabled", "-Dexamples=disabled", "-Dbuildtype=debugoptimized"]
    again = ["--reconfigure"] if pathlib.Path(directory, "build.ninja").exists() else []
    print("building in", directory, flush=True)
    for command in (["meson", "setup", *again, str(directory), str(SOURCE), *options], ["ninja", "-C", str(directory)]):
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(result.stdout + result.stderr)


def is_chosen(arguments, name):
    return not arguments.only or any(name.startswith(each) for each in arguments.only.split(","))


def chosen_measurements(arguments):
    wanted = [each for each in plan.measurements(arguments.quick) if is_chosen(arguments, each.name)]
    if not shutil.which("valgrind"):
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
        print("not built, so not measured:", " ".join(absent))
    record = {"quick": arguments.quick, "machine": describe_machine(), "runs": [], "include_cost": {}}
    record["runs"] = list(programs.run_all(wanted, [peer for peer in peers if peer not in absent]))
    if is_chosen(arguments, "include_cost"):
        record["include_cost"] = include_cost.measure(SOURCE, os.environ.get("CXX", "g++"), lambda text: print(text, file=sys.stderr, flush=True))
    return record


def describe_machine():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    system = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    return {
        "processor": processor.group(1) if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "system": re.search(r'PRETTY_NAME="?([^"\n]*)', system).group(1),
        "kernel": platform.release(),
        "openssl": first_line(["openssl", "version"]),
        "compiler": first_line([os.environ.get("CXX", "g++"), "--version"]),
    }


def first_line(command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def report(record, wanted, output, plots_directory):
    results = tables.Results(record["runs"])
    costs = record["include_cost"]
    text = "\n".join(f"- {name}: {value}" for name, value in record["machine"].items()) + "\n\n" + tables.markdown(wanted, results)
    if costs:
        text += "\n" + tables.include_cost_markdown(costs)
    print(text)
    print(tables.targets_text(wanted, results, costs))
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.md").write_text(text, encoding="utf-8")
    try:
        import plots  # only here: figures come first, and matplotlib may be missing
    except ImportError:
        draw_with_the_systems_python(output, plots_directory)
        return
    drawn = plots.draw_all(wanted, results, costs, plots_directory)
    print(f"{len(drawn)} plots in {plots_directory}; figures in {output}")


def draw_with_the_systems_python(output, plots_directory):
    """The package manager's matplotlib belongs to the system's python3, which need not be the first in the path."""
    system = "/usr/bin/python3"
    if os.path.realpath(sys.executable) == os.path.realpath(system) or quiet([system, "-c", "import matplotlib"]) != 0:
        print("no plots: python3-matplotlib is missing")
        return
    subprocess.run([system, __file__, "--from", str(output / "results.json"), "--output", str(output), "--plots", str(plots_directory)],
                   check=True, stdout=subprocess.DEVNULL)
    print(f"plots in {plots_directory}; figures in {output}")


if __name__ == "__main__":
    sys.exit(main())
