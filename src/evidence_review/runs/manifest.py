"""The manifest of a report, `ro-crate-metadata.json`: its inputs and results, for programs.

It follows RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5): one action made the pages from the inputs. The report has
copies of the inputs and of the package's code, the action's instrument, so that the folder is complete
anywhere. It has no time of the run: `datePublished` is the day the review's sources were read, or that
of SOURCE_DATE_EPOCH; only with the latter is there an `endTime`. It does not say who ran it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import quote

from evidence_review import __version__
from evidence_review.judgement.claims import audit
from evidence_review.records import (
    LICENCE,
    DataError,
    Records,
    Violation,
)
from evidence_review.review.finding import Finding, slug
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings
from evidence_review.runs import plan
from evidence_review.runs.site import SUMMARY
from evidence_review.words.answer import answer

NAME = "evidence-review"
MANIFEST = "ro-crate-metadata.json"
INPUTS = "inputs/"
CODE = f"{INPUTS}evidence_review/"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"  # sha256, environment
# Python's own list depends on the system it runs on.
ENCODINGS = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".py": "text/x-python",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yml": "application/yaml",
}


def keep_inputs(files: Mapping[str, Path], folder: Path) -> None:
    """Copy the inputs of a report, by name, into its folder."""
    for name, path in files.items():
        copy = folder / INPUTS / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def write_manifest(
    review: Review,
    changed: Mapping[str, object],
    findings: Mapping[str, dict],
    inputs: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the manifest into the folder of a report that is otherwise complete, with its inputs copied.

    changed: the settings that differ from the defaults. findings: as in results.json. inputs: from
    `plan.report_inputs`. Raises DataError if CITATION.cff is not valid.
    """
    crate, records, settings = _Crate(), review.records, review.settings
    found = {name: Finding.from_dict(name, entry) for name, entry in findings.items()}
    files = [crate.add_file(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    code = [file for file in files if file["@id"].startswith(CODE)]
    parts = [file for file in files if file not in code]
    used = [file for file in parts if file["@id"].startswith(INPUTS)]
    # With other settings the summary is that of an earlier report.
    made = [file for file in parts if file not in used and not (changed and file["@id"] == SUMMARY)]
    authors, code_licence = crate.add_citation(folder / INPUTS / plan.CITATION)
    software = crate.add(
        CODE,
        ["Dataset", "SoftwareApplication"],
        name=NAME,
        softwareVersion=__version__,
        identifier=inputs[plan.COMMIT] and f"commit {inputs[plan.COMMIT]}",
        license=code_licence,
        hasPart=code,
        softwareRequirements=list(crate.add_packages(inputs)),
    )
    date = inputs.get(plan.DATE)
    action = crate.add(
        "#report",
        "CreateAction",
        name=f"Report: {records.review.question}",
        description=" ".join(
            [f"{NAME} report --review {settings.review}"]
            + [f"--set {name}={value}" for name, value in changed.items()]
        ),
        instrument=software,
        object=used + list(crate.add_parameters(settings)),
        result=made,
        endTime=date,
        environment=date and crate.add("#date", "PropertyValue", name=plan.DATE, value=date),
    )
    crate.add(
        "./",
        "Dataset",
        conformsTo=crate.add(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5"),
        name=records.review.title,
        description="\n".join(answer(review, found)),
        datePublished=date or records.review.search_date,
        license=crate.add(LICENCE["path"], "CreativeWork", name=LICENCE["name"]),
        author=authors,
        hasPart=[*files, software],
        mentions=[action, *crate.add_claims(records, found)],
    )
    crate.add(MANIFEST, "CreativeWork", about={"@id": "./"}, conformsTo={"@id": CRATE})
    graph = [crate.entities[name] for name in sorted(crate.entities)]
    (folder / MANIFEST).write_text(
        json.dumps(
            {"@context": [f"{CRATE}/context", TERMS], "@graph": graph}, indent=1, ensure_ascii=False
        )
        + "\n",
        encoding="utf-8",
    )


class _Crate:
    """Entities by id. A method that adds one returns a reference to it."""

    def __init__(self):
        self.entities: dict[str, dict] = {}

    def add(self, address: str, kind: str | list[str], /, **properties) -> dict[str, str]:
        """Add an entity, without empty properties; a list of one becomes its item, as RO-Crate asks."""
        entity = {"@id": address, "@type": kind}
        for key, value in properties.items():
            if value not in (None, "", []):
                alone = isinstance(value, list) and len(value) == 1
                entity[key] = value[0] if alone else value
        self.entities[address] = entity
        return {"@id": address}

    def add_file(self, path: Path, folder: Path) -> dict[str, str]:
        name = path.relative_to(folder).as_posix()
        return self.add(
            quote(name),
            "File",
            name=path.name,
            # The name it had when it was read.
            alternateName=name.removeprefix(INPUTS) if name.startswith(INPUTS) else None,
            encodingFormat=ENCODINGS.get(path.suffix, "application/octet-stream"),
            contentSize=str(path.stat().st_size),
            sha256=plan.digest(path),
        )

    def add_parameters(self, settings: Settings) -> Iterator[dict[str, str]]:
        for entry in fields(settings):
            if getattr(settings, entry.name) is None:  # nothing is assumed
                continue
            yield self.add(
                f"#parameter-{entry.name}",
                "PropertyValue",
                name=entry.name,
                value=getattr(settings, entry.name),
                description=entry.metadata["help"],
            )

    def add_packages(self, inputs: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Add Python and every other installed package."""
        for entry, version in sorted(inputs.items()):
            name = entry.removeprefix(plan.PACKAGE)
            if entry == plan.PYTHON:
                address = f"https://docs.python.org/release/{version}/"
            elif entry.startswith(plan.PACKAGE) and name != NAME:
                address = f"https://pypi.org/project/{quote(name)}/{quote(version)}/"
            else:
                continue
            yield self.add(
                address, "SoftwareApplication", name=name, softwareVersion=version, url=address
            )

    def add_claims(
        self, records: Records, findings: Mapping[str, Finding]
    ) -> Iterator[dict[str, str]]:
        """Add the article's claims and their verdicts; none if findings behind them are missing."""
        with contextlib.suppress(DataError):
            for one in audit(records, findings):
                yield self.add(
                    f"#claim-{slug(one.claim.claim_id)}",
                    "ClaimReview",
                    name=one.claim.topic,
                    claimReviewed=one.claim.claim,
                    reviewRating=self.add(
                        f"#verdict-{slug(one.verdict)}", "Rating", alternateName=one.verdict
                    ),
                )

    def add_citation(self, path: Path) -> tuple[list[dict[str, str]], dict[str, str] | None]:
        """Authors and the code's licence, from a CITATION.cff; nothing without this file."""
        import yaml

        if not path.is_file():
            return [], None
        try:
            citation = yaml.safe_load(path.read_text(encoding="utf-8"))
            people = [
                (
                    entry.get("name")
                    or " ".join(filter(None, (entry.get("given-names"), entry["family-names"]))),
                    "Organization" if "name" in entry else "Person",
                    entry.get("orcid") or entry.get("website"),
                )
                for entry in citation["authors"]
            ]
            licence = citation.get("license")
        except (yaml.YAMLError, UnicodeError, AttributeError, KeyError, TypeError) as error:
            raise DataError(
                [
                    Violation(
                        plan.CITATION,
                        0,
                        "",
                        "",
                        f"is not in the Citation File Format ({error!r}): it needs authors, each with "
                        "family-names or a name",
                    )
                ]
            ) from error
        authors = [
            self.add(address or f"#author-{slug(name)}", kind, name=name)
            for name, kind, address in people
        ]
        return authors, licence and self.add(
            f"https://spdx.org/licenses/{licence}", "CreativeWork", name=licence
        )


@dataclass(frozen=True)
class Manifest:
    """The contents of a manifest.

    review: its folder in data/. answer: in sentences. verdicts: by claim. parameters: by name.
    files: SHA-256 of the inputs, by name. software: versions, by name.
    """

    review: str
    answer: tuple[str, ...]
    verdicts: dict[str, str]
    parameters: dict[str, object]
    files: dict[str, str]
    software: dict[str, str]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest from `write_manifest`. Raises KeyError, TypeError or ValueError for anything else."""
    crate = json.loads(path.read_text(encoding="utf-8"))
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    return Manifest(
        review=entities["#parameter-review"]["value"],
        answer=tuple(entities["./"]["description"].split("\n")),
        verdicts={
            entity["claimReviewed"]: entities[entity["reviewRating"]["@id"]]["alternateName"]
            for entity in entities.values()
            if entity["@type"] == "ClaimReview"
        },
        parameters={
            entity["name"]: entity.get("value")  # none: the setting is not used
            for name, entity in entities.items()
            if name.startswith("#parameter-")
        },
        files={
            entity["alternateName"]: entity["sha256"]
            for name, entity in entities.items()
            if name.startswith(INPUTS) and entity["@type"] == "File"
        },
        software={
            entity["name"]: ", ".join(
                filter(None, (entity["softwareVersion"], entity.get("identifier")))
            )
            for entity in entities.values()
            if "softwareVersion" in entity
        },
    )
