"""Draws the house in docs/: rooms as pyproject.toml lays them, imports as they are.

python docs/house.py    # after a change of rooms, of their docstrings, or of what imports what
"""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
FIGURE = ROOT / "docs" / "house.svg"
PACKAGE = "evidence_review"
BEGIN, END = "<!-- drawn by docs/house.py -->", "<!-- end of what is drawn -->"

# Pixels: one column a room to the right of the names, one line a room under the heading.
COLUMN, LINE, LEFT, TOP = 16, 24, 96, 44


def rooms() -> list[str]:
    """Names of the rooms from the roof down, as the import contract lists them."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [name.strip().rpartition(".")[2] for layer in layers for name in layer.split("|")]


def imports() -> dict[str, list[str]]:
    """Which rooms each room imports from, roof first."""
    graph, names = grimp.build_graph(PACKAGE), rooms()
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
    """The house as SVG: a line for each room, and a dot above each room that it imports from."""
    below = imports()
    names = list(below)
    across = {name: LEFT + COLUMN * at + COLUMN // 2 for at, name in enumerate(names)}
    down = {name: TOP + LINE * at + LINE // 2 for at, name in enumerate(names)}
    width, height = LEFT + COLUMN * len(names) + 24, TOP + LINE * len(names) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{len(names)} rooms, from the terminal down to the data; every import goes down.</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        f'<text x="{width - 16}" y="26" text-anchor="end" fill="#5b6472">out: pages, tables, answers</text>',
        f'<text x="16" y="{height - 16}" fill="#5b6472">in: the tables of a review in data/</text>',
    ]
    for name in names:
        users = [other for other, used in below.items() if name in used]
        if users:
            parts.append(
                f'<path d="M{across[name]} {down[users[0]]}V{down[name]}" stroke="#c3cad4"/>'
            )
    for name, used in below.items():
        x, y = across[name], down[name]
        parts.append(
            f'<text x="{x - 12}" y="{y + 4}" text-anchor="end" font-weight="600" fill="#1f2933">{name}</text>'
        )
        parts.append(f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="#1f4e79"/>')
        parts += [
            f'<circle cx="{across[other]}" cy="{y}" r="4" fill="#c2571a">'
            f"<title>{name} imports from {other}</title></circle>"
            for other in used
        ]
    return "\n".join([*parts, "</svg>\n"])


def table() -> str:
    """What each room is for, and what is not in it, as Markdown."""
    rows = []
    for name in rooms():
        here, _, rest = (import_module(f"{PACKAGE}.{name}").__doc__ or "").partition(
            "\n\nNot here: "
        )
        here, elsewhere = (
            " ".join(text.split()).rstrip(".") for text in (here, rest.split("\n\n")[0])
        )
        path = f"../src/{PACKAGE}/{name}"
        path += "" if (PAGE.parent / path).is_dir() else ".py"
        rows.append(f"| [{name}]({path}) | {here} | {elsewhere} |")
    head = ["| room | what is in it | what is not |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def redrawn(page: str) -> str:
    """The page with the table as it is now between its two marks."""
    return re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", page)


if __name__ == "__main__":
    FIGURE.write_text(figure(), encoding="utf-8")
    PAGE.write_text(redrawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
