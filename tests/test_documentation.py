"""The documents: links lead somewhere, commands run, the figure of the house is the house."""

import pkgutil
import re
import shlex
import shutil
import subprocess
from importlib import import_module
from math import exp
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
import yaml

from evidence_review.api import opening
from evidence_review.cli import main
from evidence_review.cli.arguments import parser
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.methods import MANTEL_HAENSZEL, by_method
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.records import Project, load, violations
from evidence_review.review.review import Review

from .conftest import ROOT

DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
# Those whose commands are carried out; of all others they are read.
CARRIED_OUT = ("README.md", "CONTRIBUTING.md", "docs/user-guide.md")
FENCE = re.compile(r"^```(\S*) *(.*?)\n(.*?)^```", re.M | re.S)
METHODS = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)


def prose(path) -> str:
    """A document without its code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", path.read_text(encoding="utf-8")), re.M)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def blocks(path) -> list[tuple[str, str]]:
    """What is said beside ```sh, and the commands."""
    found = FENCE.findall(path.read_text(encoding="utf-8"))
    return [(words, body) for language, words, body in found if language == "sh"]


def commands(body: str) -> list[list[str]]:
    """The words of each command, without where `.venv` has the program."""
    lines = (shlex.split(line, comments=True) for line in body.replace("\\\n", " ").splitlines())
    return [[line[0].rpartition("/")[2], *line[1:]] for line in lines if line]


@each_document
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        address = urlsplit(target)
        if address.scheme:
            assert address.scheme == "https", target
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", address.netloc), target
            continue
        there = (path.parent / address.path).resolve() if address.path else path
        assert there.exists(), target
        if address.fragment:
            assert address.fragment in anchors(there), target


@each_document
def test_commands_are_ones_that_the_project_has(path):
    """Options as the command line reads them, targets as make knows them, files that are there."""
    for _, body in blocks(path):
        for program, *words in commands(body):
            if program == "evidence-review":
                parser().parse_args(words)
            elif program == "make":
                dry = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True)
                assert dry.returncode == 0, words
            else:
                named = [word for word in words if word.endswith((".lock", ".yml", ".ipynb"))]
                assert all((ROOT / name).exists() for name in named), words


@pytest.fixture
def place(copy, monkeypatch):
    """Inside a copy of the project that is quick: notebooks with title and parameters only, a small sweep."""
    for path in copy.notebooks.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell is notebook.cells[0] or "parameters" in cell.metadata.get("tags", [])
        ]
        nbformat.write(notebook, path)
    sweep = yaml.safe_load((ROOT / "sweeps" / "choices.yml").read_text(encoding="utf-8"))
    sweep["grid"] = dict(list(sweep["grid"].items())[:2])
    (copy.root / "sweeps").mkdir()
    (copy.root / "sweeps" / "choices.yml").write_text(yaml.safe_dump(sweep), encoding="utf-8")
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-reports.lock"):
        shutil.copy(ROOT / name, copy.root)
    monkeypatch.chdir(copy.root)
    monkeypatch.setenv("MAKEFLAGS", "n")  # make says what it would do


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("document", CARRIED_OUT)
def test_commands_run(place, document):
    """One after the other. What installs, or goes on, is marked `not-run`; a tutorial has a test of its own."""
    for words, body in blocks(ROOT / document):
        for program, *options in commands(body) if not words else ():
            if program == "evidence-review":
                assert main(options) == 0, options
            else:
                subprocess.run([program, *options], check=True)


def carry_out_tutorial(folder, monkeypatch, *leave_out: str) -> None:
    """The commands of the user guide's worked example, with its files, in an empty folder."""
    monkeypatch.chdir(folder)
    text = (ROOT / "docs" / "user-guide.md").read_text(encoding="utf-8")
    for kind, name, body in FENCE.findall(text):
        if kind in ("csv", "ris"):
            Path(name.strip()).write_text(body, encoding="utf-8")
    for words, body in blocks(ROOT / "docs" / "user-guide.md"):
        for program, *options in commands(body) if words == "tutorial" else ():
            assert program == "evidence-review"
            if not set(leave_out) & set(options):
                assert main(options) == 0, options


def test_the_worked_example_gives_the_pool_of_its_table(tmp_path, monkeypatch):
    """The differences by hand, and their pool by the engine that is compared with metafor elsewhere."""
    carry_out_tutorial(tmp_path, monkeypatch, "report")
    review = Review(load("agonists-rls", tmp_path / "my-reviews"))
    pooled = pooled_contrast(review, "RLS severity")
    assert [effect.value for effect in pooled.effects] == pytest.approx([-6.6, -3.8, -3.01, -6.1])
    spreads = [(0.6, 0.9), (0.7, 0.7), (0.719, 0.738), (0.7, 0.7)]
    assert [effect.variance for effect in pooled.effects] == pytest.approx(
        [a**2 + b**2 for a, b in spreads]
    )
    # Cannon 2006, abstract: 16% lower odds by Mantel and Haenszel's method, no difference in other deaths.
    statins = Review(load("statins", tmp_path / "my-reviews"))
    by_name = lambda outcome: {one.method: one for one in by_method(statins, outcome)}
    (odds, other) = (
        by_name(name)[MANTEL_HAENSZEL]
        for name in ("coronary death or heart attack", "death from another cause")
    )
    assert 1 - exp(odds.value) == pytest.approx(0.16, abs=0.005)
    assert other.interval.low < 0 < other.interval.high
    (oertel,) = (row for row in review.records.rows("sources") if row.source_id == "oertel2007")
    assert oertel.pmid == "17133582"


@pytest.mark.slow
def test_the_worked_example_ends_in_a_report(tmp_path, monkeypatch):
    carry_out_tutorial(tmp_path, monkeypatch)
    page = (tmp_path / "my-reviews" / "reports" / "agonists-rls" / "index.html").read_text("utf-8")
    assert "Do dopamine agonists help with restless legs syndrome?" in page
    assert "Oertel 2007" in page
    page = (tmp_path / "my-reviews" / "reports" / "statins" / "index.html").read_text("utf-8")
    assert "Do high doses of a statin prevent heart attacks? (death from another cause)" in page


def test_the_study_that_contributing_adds(copy):
    """Its rows stand in the data; without them the data are valid, and have one arm less."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    added = re.findall(r"`(data/\S+\.csv)`:\n\n```csv\n(.*?)```", text, re.S)
    tables = [Path(name).stem for name, _ in added]
    assert tables == ["sources", "studies", "arms", "statistics"]

    def arms_pooled() -> int:
        return len(placebo_arms(Review(load(copy.default_review(), copy))).usable)

    complete = arms_pooled()
    for name, shown in added:
        header, *rows = shown.splitlines()
        lines = (copy.root / name).read_text(encoding="utf-8").splitlines()
        assert header == lines[0]
        assert set(rows) <= set(lines)
        kept = [line for line in lines if line not in rows]
        (copy.root / name).write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert not violations(copy, ["rls-placebo"])
    assert arms_pooled() == complete - 1


@pytest.mark.slow
def test_the_way_of_a_number_is_current(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    walk = import_module("walk")
    page = walk.PAGE.read_text(encoding="utf-8")
    assert page == walk.followed(page), "run `python docs/walk.py`"
    assert walk.WRITTEN in walk.to_the_table()
    assert any(walk.WRITTEN in sentence for sentence in walk.to_a_sentence())
    assert any(found.value == walk.beyond() for found in walk.to_what_it_moves())


@pytest.mark.slow
def test_a_kernel_that_inherits_a_review_works_out_no_setting_again(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    walk = import_module("walk")
    monkeypatch.setattr(opening, "_prepared", {})
    assert walk.steps_of_choice(walk.to_what_it_moves)
    opening.prepare(ROOT, walk.REVIEW, benchmark=walk.BENCHMARK)
    assert walk.steps_of_choice(walk.to_what_it_moves) == []


def test_the_figure_of_the_house_is_current(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    house = import_module("house")
    page = house.PAGE.read_text(encoding="utf-8")
    assert page == house.redrawn(page), "run `python docs/house.py`"
    drawn = house.FIGURE.read_text(encoding="utf-8")
    assert drawn == house.figure(), "run `python docs/house.py`"
    below = house.imports()
    assert re.findall(r"<title>(\w+) imports from (\w+)</title>", drawn) == [
        (name, other) for name, used in below.items() for other in used
    ]


def test_a_site_with_a_broken_link_is_refused(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "docs")
    make_site = import_module("make_site")
    review = Project(ROOT).default_review()
    good = f'<h1 id="top"></h1><a href="#top"></a><a href="../{review}/index.html"></a>'
    (tmp_path / "good.html").write_text(good, encoding="utf-8")
    assert make_site.broken_links(tmp_path) == []
    bad = (
        '<a href="good.html#bottom"></a><a href="none.html"></a><a href="../none/index.html"></a>'
        '<script src="https://example.org/x.js"></script>'
    )
    (tmp_path / "page.html").write_text(bad, encoding="utf-8")
    assert make_site.broken_links(tmp_path) == [
        "page.html links to good.html#bottom: there is no such heading",
        "page.html links to none.html: there is no such file",
        "page.html links to ../none/index.html: there is no such review",
        "page.html loads https://example.org/x.js: nothing may come from the network",
    ]


def test_every_document_that_is_linked_is_a_page_of_the_site(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    make_site = import_module("make_site")
    assert all((ROOT / path).is_file() for path in make_site.NAMES)
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert documents <= set(make_site.NAMES)


def test_every_room_says_what_is_in_it_and_what_is_not(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    for name in import_module("house").rooms():
        first, *rest = import_module(f"evidence_review.{name}").__doc__.splitlines()
        assert first.endswith("."), name
        assert any(line.startswith("Not here: ") for line in rest), name


def test_code_that_the_methods_name_exists():
    for name in set(re.findall(r"`((?:\w+\.)+(?!csv\b)\w+)`", METHODS)):
        pkgutil.resolve_name(f"evidence_review.{name}")


def test_formulas_can_be_set():
    """Written as GitHub and JupyterLab both set them: displayed between lines of $$, others on one line."""
    from matplotlib.mathtext import MathTextParser

    displayed = re.compile(r"^\$\$\n(.+)\n\$\$$", re.M)
    formulas = displayed.findall(METHODS)
    for line in displayed.sub("", METHODS).splitlines():
        words_and_formulas = line.split("$")
        assert len(words_and_formulas) % 2, line
        formulas += words_and_formulas[1::2]
    for formula in formulas:
        MathTextParser("path").parse(f"${formula}$")
