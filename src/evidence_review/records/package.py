"""Where a project is, which folders it has, and the data package that describes them.

`data/tables.yml` is written by people. From it come `data/datapackage.json`
(Frictionless Data Package, one resource for each table of each folder; the loader
enforces it) and `data/DICTIONARY.md` (for people). Neither is edited by hand.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evidence_review.effect_measures import vocabulary
from evidence_review.records.files import whole_file
from evidence_review.records.row_types import row_types

TABLES = "tables.yml"
DATA_PACKAGE = "datapackage.json"
DICTIONARY = "DICTIONARY.md"
# The licence of the data and of the reports made from them.
LICENCE = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}


class ProjectNotFoundError(FileNotFoundError):
    """No folder here or above holds `data/datapackage.json`."""


class UnknownReviewError(ValueError):
    """The named review is not a folder of the data package, or its name cannot be one."""


class PackageError(ValueError):
    """`tables.yml` or `datapackage.json` cannot be read; the message says which, where and why."""


@dataclass(frozen=True)
class Project:
    """The folder that holds `data/`, `notebooks/` and `reports/`."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def report_notebooks(self) -> list[Path]:
        """The notebooks of a report in order, `NN-name.ipynb`, without the one numbered 00."""
        found = sorted(self.notebooks.glob("[0-9][0-9]-*.ipynb"))
        return [path for path in found if not path.name.startswith("00-")]

    def folders(self) -> list[str]:
        """Names of the data folders, reviews and reference classes, in order."""
        return sorted(p.name for p in self.data.iterdir() if (p / "sources.csv").is_file())

    def reviews(self) -> list[str]:
        """Names of the folders that are reviews, the default one first."""
        found = self._reviews()
        first = self.default_review() if found else None
        return sorted(found, key=lambda name: name != first)

    def _reviews(self) -> list[str]:
        return [name for name in self.folders() if (self.data / name / "review.csv").is_file()]

    def descriptor(self) -> dict:
        """The contents of `data/datapackage.json`. Raises PackageError if it cannot be read."""
        try:
            return json.loads((self.data / DATA_PACKAGE).read_text(encoding="utf-8"))
        except ValueError as error:
            raise PackageError(
                f"data/{DATA_PACKAGE} cannot be read: {error}; "
                "write it anew with `python -m evidence_review schema`"
            ) from error

    def default_review(self) -> str:
        """The review to use when none is named: that of `tables.yml`, else the first by name.

        Raises UnknownReviewError where there is no review yet.
        """
        named = self.descriptor().get("default_review")
        for name in (named, *self._reviews()):
            if name:
                return name
        raise UnknownReviewError(
            f"there is no review in {self.data} yet: `evidence-review new NAME` makes one"
        )

    def require_review(self, name: str) -> None:
        """Raise UnknownReviewError unless `name` is a review of this project.

        A review's name is also the name of a folder in `reports/` and a part of web addresses: so only
        few characters are allowed.
        """
        reviews = self.reviews()
        if name in reviews and (problem := unusable_name(name)):
            raise UnknownReviewError(problem)
        if name in reviews and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            raise UnknownReviewError(
                f"The folder '{name}' in {self.data} cannot be a review: rename it, with letters "
                "without accents, digits, hyphens and underscores only."
            )
        if name not in reviews:
            known = ", ".join(reviews) or "none yet"
            raise UnknownReviewError(
                f"There is no review '{name}' in {self.data}. Reviews: {known}. "
                f"A review is a folder with a review.csv."
            )

    def reference_class(self, folder: str) -> str | None:
        """Name of the reference class of a review; None for a reference class itself."""
        path = self.data / folder / "review.csv"
        if not path.is_file():
            return None
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            row = next(csv.DictReader(file), {})
        return row.get("reference_class") or None


# Names that Windows keeps for devices.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.I)


def unusable_name(name: str) -> str:
    """Why a folder of data/, and so its report, cannot have this name; '' if it can.

    Examples
    --------
    >>> unusable_name("zinc-sleep")
    ''
    >>> unusable_name("con")
    "'con' cannot name a review: Windows keeps that name for a device"
    """
    if _DEVICES.fullmatch(name):
        return f"'{name}' cannot name a review: Windows keeps that name for a device"
    if "-sweep-" in name:
        return f"'{name}' cannot name a review: folders with '-sweep-' hold the pages of sweeps"
    if name == "exports":
        return "'exports' cannot name a review: that folder holds the exports"
    return ""


def find_project(start: Path | str | None = None) -> Project:
    """The project that a folder lies in.

    Parameters
    ----------
    start : path or None
        The folder; None is the working directory.

    Raises
    ------
    ProjectNotFoundError
        If neither it nor a folder above it holds `data/datapackage.json`.

    Examples
    --------
    >>> project = find_project()
    >>> project.default_review() == project.reviews()[0]
    True
    """
    here = Path(start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "data" / DATA_PACKAGE).is_file():
            return Project(folder)
    raise ProjectNotFoundError(
        f"No data/{DATA_PACKAGE} in {here} or any folder above it. "
        "Work in the folder of a project or below it, or name it: --project FOLDER in the terminal, "
        "project=FOLDER in Python."
    )


def table_definitions(project: Project) -> dict:
    """The contents of `data/tables.yml`; do not change them. Raises PackageError if it cannot be read."""
    import yaml

    try:
        return _parsed((project.data / TABLES).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackageError(f"data/{TABLES} cannot be read: {error}") from error


# One command needs it three times or more. The key is the text, so that an edit takes effect at once.
@lru_cache(maxsize=2)
def _parsed(text: str) -> dict:
    import yaml

    for word, measures in vocabulary().items():
        text = text.replace(word, measures)
    # The parser in C is some ten times as fast; PyYAML may have been built without it.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def build_data_package(project: Project) -> dict:
    """The Data Package descriptor for every folder, from `data/tables.yml`.

    A foreign key names a table: that of the same folder, or of the review's reference
    class where a review has no such table. A key that may point into either table is
    one of `eitherKeys`, which is not part of the standard.
    """
    definitions = table_definitions(project)
    held = {
        kind: {table["name"] for table in definitions["tables"] if kind in table["in"]}
        for kind in ("review", "reference")
    }
    resources = []
    for folder in project.folders():
        reference = project.reference_class(folder)
        own = held["review" if reference else "reference"]
        shared = own & held["reference"] if reference else set()
        for table in definitions["tables"]:
            if table["name"] not in own or _is_absent(project, folder, table):
                continue
            keys, either = [], []
            for key in table.get("foreignKeys", []):
                target, columns = key["reference"]["resource"], key["reference"]["fields"]
                if target in shared:
                    names = [resource_name(part, target) for part in (folder, reference or folder)]
                    either.append({"fields": key["fields"], "resources": names, "to": columns})
                else:
                    name = resource_name(folder if target in own else reference or folder, target)
                    found = {"resource": name, "fields": columns}
                    keys.append({"fields": key["fields"], "reference": found})
            resources.append(
                {
                    "name": resource_name(folder, table["name"]),
                    "title": table["title"],
                    "type": "table",
                    "path": f"{folder}/{table['name']}.csv",
                    "scheme": "file",
                    "format": "csv",
                    "mediatype": "text/csv",
                    "encoding": "utf-8",
                    "schema": {
                        "fieldsMatch": "equal",  # columns may be in any order
                        "fields": table["fields"],
                        "missingValues": [""],
                        "primaryKey": table["primaryKey"],
                        **({"foreignKeys": keys} if keys else {}),
                    },
                    "rules": table.get("rules", []),
                    "eitherKeys": either,
                }
            )
    return {
        "name": "evidence-review",
        "title": "Extracted evidence, with the provenance of every number",
        "version": definitions["version"],
        **({"default_review": default} if (default := definitions.get("default_review")) else {}),
        "licenses": [LICENCE],
        "resources": resources,
    }


def _is_absent(project: Project, folder: str, table: dict) -> bool:
    """Whether a table that may be left out has no file."""
    path = project.data / folder / f"{table['name']}.csv"
    return bool(table.get("optional")) and not path.is_file()


def resource_name(folder: str, table: str) -> str:
    """Name of a table's resource in the data package."""
    return f"{folder}.{table}"


def write_data_package(project: Project) -> list[Path]:
    """Write `datapackage.json` and `DICTIONARY.md`; returns the paths of those that changed.

    In a checkout of this package, write the classes of rows (`records/rows.py`) too.
    """
    package = json.dumps(build_data_package(project), indent=1, ensure_ascii=False)
    texts = {
        project.data / DATA_PACKAGE: f"{package}\n",
        project.data / DICTIONARY: data_dictionary(project),
    }
    rows = project.root / "src" / "evidence_review" / "records" / "rows.py"
    if rows.exists():
        texts[rows] = row_types(table_definitions(project))
    changed = {
        path: text.encode()
        for path, text in texts.items()
        if not path.is_file() or path.read_bytes() != text.encode()
    }
    for path, content in changed.items():
        with whole_file(path) as stream:
            stream.write(content)
    return list(changed)


def data_dictionary(project: Project) -> str:
    """The data dictionary in Markdown: each table, column, vocabulary and rule."""
    definitions = table_definitions(project)
    out = [
        "# Data dictionary",
        "",
        f"Generated from `{TABLES}` by `python -m evidence_review schema`; do not edit. "
        f"Version {definitions['version']}.",
        "",
        "Tables are UTF-8 CSV files, one folder a review or reference class. "
        "An empty cell is a missing value. A key of a review may point to its own table or to "
        "the same table of its reference class.",
    ]
    folders = {
        kind: [
            f for f in project.folders() if bool(project.reference_class(f)) == (kind == "review")
        ]
        for kind in ("review", "reference")
    }
    for table in definitions["tables"]:
        where = ", ".join(
            f"`{folder}/{table['name']}.csv`" for kind in table["in"] for folder in folders[kind]
        )
        out += ["", f"## {table['name']}", "", f"{table['title']}. In {where}.", ""]
        out += ["| column | type | allowed | what it is |", "|---|---|---|---|"]
        for field in table["fields"]:
            out.append(
                f"| `{field['name']}` | {field['type']} | {allowed_in(field)} | {field['description']} |"
            )
        out += ["", f"Key: {', '.join(f'`{name}`' for name in table['primaryKey'])}."]
        for key in table.get("foreignKeys", []):
            columns = ", ".join(f"`{name}`" for name in key["fields"])
            out.append(f"{columns} must exist in `{key['reference']['resource']}`.")
        if table.get("rules"):
            out += ["", "Rules for a row:", ""]
            out += [f"- {rule['says']}" for rule in table["rules"]]
    return "\n".join(out) + "\n"


def allowed_in(field: dict) -> str:
    """What a cell of a column may hold, in words."""
    constraints = field.get("constraints", {})
    parts = ["required"] if constraints.get("required") else []
    if "enum" in constraints:
        parts.append(" / ".join(f"`{value}`" for value in constraints["enum"]))
    if "minimum" in constraints or "maximum" in constraints:
        low, high = constraints.get("minimum", ""), constraints.get("maximum", "")
        parts.append(f"{low} to {high}" if high != "" else f"{low} or more")
    if "pattern" in constraints:
        parts.append(f"pattern `{constraints['pattern']}`")
    return "; ".join(parts)
