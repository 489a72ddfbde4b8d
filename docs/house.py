"""Draws the house in docs/architecture.md: floors as pyproject.toml lays them, imports as they are.

python docs/house.py    # after a change of floors, or of what imports what
"""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = "evidence_review"
BEGIN, END = "<!-- drawn by docs/house.py -->", "<!-- end of what is drawn -->"

# What goes in and comes out.
OUTSIDE = """\
    runs -. runs .-> notebooks("notebooks<br/>one question each")
    notebooks -. call .-> display
    runs -. writes .-> reports[("reports<br/>pages, results, manifest")]
    records -. read .-> data[("data<br/>tables of rows with sources")]
"""


def floors() -> list[str]:
    """Packages from the roof down, as the import contract lists them."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [name.strip().rpartition(".")[2] for layer in layers for name in layer.split("|")]


def imports() -> dict[str, list[str]]:
    """Which floors each floor imports from, roof first."""
    graph, names = grimp.build_graph(PACKAGE), floors()
    return {
        name: [
            other
            for other in names
            if other != name
            and graph.direct_import_exists(
                importer=f"{PACKAGE}.{name}", imported=f"{PACKAGE}.{other}", as_packages=True
            )
        ]
        for name in names
    }


def figure() -> str:
    """The house as a Mermaid flowchart, and a table of all imports.

    An arrow that others already imply (a floor reached through a floor between) is left out.
    """
    below = imports()
    boxes, arrows, rows = [], [], []
    for name, used in below.items():
        words = import_module(f"{PACKAGE}.{name}").__doc__.splitlines()[0].partition(": `")[0]
        boxes.append(f'    {name}["<b>{name}</b><br/>{words.rstrip(".")}"]')
        arrows += [f"    {name} --> {other}" for other in used if not _implied(name, other, below)]
        path = f"../src/{PACKAGE}/{name}"
        path += "" if (PAGE.parent / path).is_dir() else ".py"
        rows.append(f"| [{name}]({path}) | {words.rstrip('.')} | {', '.join(used) or '–'} |")
    chart = "\n".join(["```mermaid", "flowchart TB", *boxes, *arrows, OUTSIDE + "```"])
    table = "\n".join(["| floor | what it does | imports from |", "|---|---|---|", *rows])
    return f"{chart}\n\n{table}"


def _implied(name: str, other: str, below: dict[str, list[str]]) -> bool:
    return any(_reaches(between, other, below) for between in below[name] if between != other)


def _reaches(name: str, other: str, below: dict[str, list[str]]) -> bool:
    return other in below[name] or any(_reaches(step, other, below) for step in below[name])


def redrawn(page: str) -> str:
    """The page with the house as it is now between its two marks."""
    return re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{figure()}\n\n{END}", page)


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
