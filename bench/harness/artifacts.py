#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The files of docs/bench: packed figures and plots. artifacts.py FILE.json ... packs each into FILE.json.gz.

A packed file depends on the figures alone: it holds no time and no file name.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import sys


def packed(text):
    """The bytes of a .json.gz file with this text."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as stream:
        stream.write(text.encode())
    return out.getvalue()


def pack(path):
    """Replaces FILE.json by FILE.json.gz."""
    path = pathlib.Path(path)
    path.with_name(path.name + ".gz").write_bytes(packed(path.read_text(encoding="utf-8")))
    path.unlink()


def unpacked(path):
    """The JSON text in a .json.gz file."""
    return gzip.decompress(pathlib.Path(path).read_bytes()).decode()


def load(path):
    return json.loads(unpacked(path))


def store(path, data):
    pathlib.Path(path).write_bytes(packed(json.dumps(data, indent=1) + "\n"))


def origin(path):
    """The sentence in a plot that names its data; the check of the pages compares it with the data."""
    return f"Drawn from {pathlib.Path(path).name}, sha256 {hashlib.sha256(unpacked(path).encode()).hexdigest()}"


def plotting(salt):
    """matplotlib.pyplot, set up to write text as text and the same file for the same figures."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": salt, "svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans"]})
    import matplotlib.pyplot as plot
    return plot


def save_plot(figure, path, data_path):
    """Writes the SVG: an element per line, one decimal, and a sentence that names the data."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    pathlib.Path(path).write_text(compact(out.getvalue(), origin(data_path)), encoding="utf-8")


def compact(svg, description):
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", svg, flags=re.S)
    svg = re.sub(r'="[^"]*"', lambda attribute: " ".join(attribute[0].split()), svg)
    svg = re.sub(r"(?<![#\w.])-?\d+\.\d\d+", lambda number: f"{float(number[0]):.1f}".replace(".0", ""), svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", svg)
    bare = re.compile(r"<g>\s*(<(?:path|use|text)\b[^>]*(?:/>|>[^<]*</text>))\s*</g>")
    while bare.search(svg):
        svg = bare.sub(r"\1", svg)
    svg = re.sub(r"\n\s+", "\n", svg)
    head, rest = svg.split(">", 1)
    return f"{head}>\n<desc>{description}</desc>{rest}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        pack(name)
