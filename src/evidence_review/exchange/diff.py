"""What changed from one report to another: the answer, verdicts, numbers; then their inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isclose
from pathlib import Path

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.review.finding import RANGES, Finding
from evidence_review.runs.manifest import MANIFEST, Manifest, read_manifest
from evidence_review.runs.plan import changed_inputs

RESULTS = "results.json"
# Numbers closer than this count as equal: machines differ by less, and no page shows it.
RELATIVE, ABSOLUTE = 1e-6, 1e-9


class DiffError(ValueError):
    """Two reports cannot be compared; the message says why."""


@dataclass(frozen=True)
class Made:
    """A finished report: its results.json with findings by id, and its manifest, if there is one."""

    file: Path
    findings: dict[str, Finding]
    manifest: Manifest | None


@dataclass(frozen=True)
class Difference:
    """What changed, as Markdown. is_one: whether the answer, a verdict or a finding changed, not only inputs."""

    text: str
    is_one: bool


def read_report(path: Path) -> Made:
    """A report from its folder, or from its results.json. Raises DiffError."""
    file = path / RESULTS if path.is_dir() else path
    if not path.exists():
        raise DiffError(f"there is no {path}; name the folder of a report, or its {RESULTS}")
    if not file.is_file():
        raise DiffError(
            f"{path} has no {RESULTS}, so it is not the folder of a report; name one in reports/"
        )
    beside = file.with_name(MANIFEST)
    is_described = file.name == RESULTS and beside.is_file()
    return Made(
        file, _read(file, _findings), _read(beside, read_manifest) if is_described else None
    )


def _read(file: Path, reader):
    try:
        return reader(file)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DiffError(
            f"{file} is broken, it is not JSON: {error}; make the report again"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DiffError(
            f"{file} is not as a report has it: {error!r}; make the report again"
        ) from error


def _findings(file: Path) -> dict[str, Finding]:
    entries = json.loads(file.read_text(encoding="utf-8"))
    return {name: Finding.from_dict(name, entry) for name, entry in entries.items()}


def compare(old: Made, new: Made) -> Difference:
    """What changed from `old` to `new`, most important first. Raises DiffError if both are one file."""
    if old.file.resolve() == new.file.resolve():
        raise DiffError(f"{old.file} would be compared with itself; name another report")
    results = _numbers(old.findings, new.findings)
    if old.manifest and new.manifest:
        results = [
            *_answer(old.manifest, new.manifest),
            *_verdicts(old.manifest, new.manifest),
            *results,
        ]
        inputs = _inputs(old.manifest, new.manifest)
    else:
        lacking = " and ".join(str(made.file) for made in (old, new) if not made.manifest)
        inputs = ["", f"There is no {MANIFEST} next to {lacking}: only numbers were compared."]
    head = f"# From {old.file} to {new.file}"
    same = [] if results else ["", "The results are the same."]
    return Difference("\n".join([head, *same, *results, *inputs]), bool(results))


def _answer(old: Manifest, new: Manifest) -> list[str]:
    gone = [f"was: {sentence}" for sentence in old.answer if sentence not in new.answer]
    come = [f"is: {sentence}" for sentence in new.answer if sentence not in old.answer]
    return _section("The answer", gone + come)


def _verdicts(old: Manifest, new: Manifest) -> list[str]:
    return _section(
        "Verdicts on claims",
        [
            f"“{claim}”: {was} → {now}"
            for claim, was, now in _changed(old.verdicts, new.verdicts, "not there")
        ],
    )


def _numbers(old: Mapping[str, Finding], new: Mapping[str, Finding]) -> list[str]:
    both = sorted(
        ((old[name], new[name]) for name in new if name in old), key=lambda pair: -shift(*pair)
    )
    moved = [words for pair in both if (words := _moved(*pair))]
    return [
        *_section(f"Numbers that changed ({len(moved)})", moved),
        *_section("Numbers that are new", [_stated(new[name]) for name in new if name not in old]),
        *_section("Numbers that are gone", [_stated(old[name]) for name in old if name not in new]),
        *_section(
            "The same numbers, but other words or data rows",
            [words for pair in both if not _moved(*pair) and (words := _reworded(*pair))],
        ),
    ]


def shift(old: Finding, new: Finding) -> float:
    """How far a finding moved: the largest change of value, of either end of a range, or of a level.

    It is a share of the larger of the two numbers, so above 1 for a change of sign; inf if only one of
    them exists; 0 for a relative difference up to 1e-6 or an absolute one up to 1e-9.
    """
    return max(_apart(*pair) for pair in zip(_figures(old), _figures(new), strict=True))


def _figures(finding: Finding) -> list[float | None]:
    """The value, and both ends (and level) of each range that a finding may have."""
    return [
        finding.value,
        *(
            getattr(getattr(finding, name), part, None)
            for name in RANGES
            for part in ("low", "high", "level")
        ),
    ]


def _apart(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else inf
    if isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
        return 0.0
    return abs(one - other) / max(abs(one), abs(other))


def _stated(finding: Finding) -> str:
    return f"{finding.label} (`{finding.id}`): {_estimate(finding)}"


def _estimate(finding: Finding) -> str:
    """An estimate as text; a percentage has at least one decimal, or old and new may look equal."""
    digits = max(1, page.digits_for(finding)) if finding.unit == "%" else None
    return page.estimate_text(finding, digits)


def _moved(old: Finding, new: Finding) -> str:
    """Both estimates, and by how much the value moved; '' if no number, unit or basis changed."""
    kinds = [
        f"{name} {getattr(old, name)} → {getattr(new, name)}"
        for name in ("unit", "measure", "better", "basis")
        if getattr(old, name) != getattr(new, name)
    ]
    if not (shift(old, new) or kinds):
        return ""
    if old.label != new.label:  # as of 5 trials pooled, and now of 8
        kinds.append(f"before: {old.label}")
    words = f"{new.label} (`{new.id}`): {_estimate(old)} → {_estimate(new)}"
    was, now = old.value, new.value
    if was is not None and now is not None and old.unit == new.unit and _apart(was, now):
        amount = f"{abs(now - was):.3g}"
        unit = {"p": "", "%": "percentage points"}.get(new.unit, new.unit)
        by = f"{amount} {text.units(amount, unit)}".rstrip()
        words += f", {'up' if now > was else 'down'} by {by}"
    return "; ".join([words, *kinds])


def _reworded(old: Finding, new: Finding) -> str:
    """Which of a finding's label, note and data rows changed; '' if none did."""
    parts = (("label", "label"), ("note", "note"), ("rows", "data rows"))
    changed = [words for name, words in parts if getattr(old, name) != getattr(new, name)]
    return f"{new.label} (`{new.id}`): {', '.join(changed)}" if changed else ""


def _section(heading: str, lines: list[str]) -> list[str]:
    return ["", f"## {heading}", "", *(f"- {line}" for line in lines)] if lines else []


def _inputs(old: Manifest, new: Manifest) -> list[str]:
    """Changed parameters and versions with both values; changed files by name, a line for each kind."""
    lines = [
        f"{name}: {was} → {now}"
        for before, after in ((old.parameters, new.parameters), (old.software, new.software))
        for name, was, now in _changed(before, after, "none")
    ]
    kinds = dict.fromkeys(name.partition("/")[0] for name in (*old.files, *new.files))
    of = lambda files, kind: {n: h for n, h in files.items() if n.partition("/")[0] == kind}
    lines += [
        words
        for kind in kinds
        if (words := changed_inputs(of(old.files, kind), of(new.files, kind)))
    ]
    return _section("What they are made from", lines)


def _changed(old: Mapping, new: Mapping, absent: str) -> list[tuple]:
    """The name, old and new value of every entry that differs."""
    return [
        (name, old.get(name, absent), new.get(name, absent))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
