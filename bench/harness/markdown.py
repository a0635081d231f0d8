# SPDX-License-Identifier: MIT
"""What the pages of several benchmarks need: figures and tables in Markdown."""

import math


def text(value):
    if value is None or math.isnan(value):
        return "-"
    size = abs(value)
    if value == 0 or size >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


def spread(value):
    half = 50 * (value["q3"] - value["q1"]) / (abs(value["median"]) or 1)
    return f"±{half:.0f} %"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def taken(data, before=""):
    """Where and when the figures were taken. `before` comes after the number of rounds."""
    machine, plan = data["machine"], data["plan"]
    known = lambda value: "unknown" if value is None else str(value)
    where = ", a virtual machine" if machine["virtual_machine"] else ""
    shares = [f"{100 * data[key]:.1f} %" for key in ("others_share", "host_share")]
    return (
        f"Taken {data['date'][:10]} at commit {data['commit']}, {plan['rounds']} rounds{before}. "
        f"{machine['kernel']}, {machine['cpus']} CPUs of {known(machine['cpu'])}{where}, {known(machine['memory'])} of "
        f"memory; g++ {machine['compiler']}. Meanwhile other programs had {shares[0]} of the CPUs, the host "
        f"{shares[1]}.")


def causes(folder, data):
    """Why rows miss their goals, as far as is known. causes.md begins with the commit of the record it explains."""
    commit, _, words = (folder / "causes.md").read_text(encoding="utf-8").partition("\n")
    return words if commit == data["commit"] else ""
