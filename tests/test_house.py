"""The house: one direction, no disease in the engine, lists that belong together agree."""

import ast
import csv
import re
import subprocess
import sys
import tomllib

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import evidence_review

from .conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def test_imports_go_one_way():
    """In a process of its own: import-linter turns off every logger that is there already."""
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def names_of_reviews() -> set[str]:
    """Treatments, conditions, scales and trials of every folder of data."""
    columns = {
        "review": ("review_id", "treatment", "condition", "condition_short", "reference_class"),
        "instruments": ("name",),
        "studies": ("study_id", "label"),
    }
    return {
        row[column]
        for table, names in columns.items()
        for path in (ROOT / "data").glob(f"*/{table}.csv")
        for row in csv.DictReader(path.open(encoding="utf-8", newline=""))
        for column in names
    }


@pytest.mark.parametrize("folder", ["src", "notebooks"])
def test_the_engine_names_no_disease_and_no_trial(folder):
    names = names_of_reviews()
    assert {"iron", "magnesium", "earley2009", "Jadidi 2022"} <= names
    words = re.compile(
        r"magnes|restless|\birls\b|gorantla|jadidi|silva|fulda|trotti|"
        rf"\b({'|'.join(map(re.escape, names))})\b",
        re.I,
    )
    for path in (ROOT / folder).rglob("*"):
        # The course tells one review's story: its lessons are data, in Markdown, and the notebooks
        # that `course build` makes from them are never committed.
        if "course" in path.relative_to(ROOT / folder).parts[:1]:
            continue
        if path.suffix in (".py", ".ipynb", ".j2", ".css"):
            assert not words.search(path.read_text(encoding="utf-8")), path.name


def test_no_check_accuses():
    """A misprint is the first explanation."""
    for path in (*SOURCES, *(ROOT / "notebooks").glob("*.ipynb")):
        assert not re.search("fraud|fabricat|misconduct", path.read_text(encoding="utf-8"), re.I), (
            path
        )


def test_every_module_begins_with_what_it_is_for():
    without = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_bytes()))]
    assert without == []


def test_no_module_has_more_than_600_lines():
    """One that is longer holds several ideas: part it by idea, each with a name of its own."""
    long = [path.name for path in SOURCES if len(path.read_bytes().splitlines()) > 600]
    assert long == []


def requirements() -> dict[str, Requirement]:
    listed = PYPROJECT["project"]
    texts = listed["dependencies"] + [
        x for extra in listed["optional-dependencies"].values() for x in extra
    ]
    return {Requirement(text).name.replace("_", "-"): Requirement(text) for text in texts}


LOCKS = ("requirements.lock", "requirements-reports.lock")


def locked(lock: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.M
    ):
        found.setdefault(name, []).append(version)
    return found


def test_the_lock_satisfies_pyproject():
    lock = locked("requirements.lock")
    for name, requirement in requirements().items():
        assert name in lock, f"{name} is not locked: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in lock[name])


def test_what_reports_need_is_locked_alike_and_without_what_tests_need():
    everything, reports = locked("requirements.lock"), locked("requirements-reports.lock")
    assert reports.items() < everything.items()
    listed = PYPROJECT["project"]
    names = lambda texts: {Requirement(text).name.replace("_", "-") for text in texts}
    extras = listed["optional-dependencies"]
    assert names(listed["dependencies"]) | names(extras["app"]) <= set(reports)
    for extra in ("test", "docs", "browser", "sweep", "cluster"):
        assert names(extras[extra]).isdisjoint(reports), extra


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_conda_and_pip_list_the_same_dependencies():
    """environment.yml has all but the browser tests and the pip installer's own speed-up."""
    conda_names = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, *rest = environment["dependencies"]
    assert python.startswith("python=3.")
    assert python.removeprefix("python=") in SpecifierSet(PYPROJECT["project"]["requires-python"])
    conda = {}
    for entry in rest:
        if isinstance(entry, str) and entry != "pip":
            requirement = Requirement(entry)
            conda[conda_names.get(requirement.name, requirement.name)] = str(requirement.specifier)
    pip = {name: str(requirement.specifier) for name, requirement in requirements().items()}
    only_pip = ("axe-playwright-python", "playwright", "uv")
    assert conda == {name: version for name, version in pip.items() if name not in only_pip}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-workflows", ".github/workflows/reports.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/number.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/problem.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_files_for_github_are_valid(schema, path):
    words = ["--builtin-schema", f"vendor.{schema}", str(ROOT / path)]
    done = CliRunner().invoke(check_jsonschema.main, words)
    assert done.exit_code == 0, done.output


def test_every_action_is_pinned_by_commit():
    """A tag can be moved to other code; a commit cannot. The comment names the version."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        used = re.findall(r"^\s*-? *uses: *(.+)$", path.read_text(encoding="utf-8"), re.M)
        assert used
        for action in used:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action


def test_the_workflow_runs_every_python_that_pip_accepts():
    workflow = yaml.safe_load(
        (ROOT / ".github" / "workflows" / "reports.yml").read_text(encoding="utf-8")
    )
    pythons = workflow["jobs"]["elsewhere"]["strategy"]["matrix"]["python"]
    accepted = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert all(accepted.contains(version) for version in pythons)
    before = f"3.{int(pythons[0].removeprefix('3.')) - 1}"
    assert not accepted.contains(before)


@pytest.mark.slow
def test_hooks_call_tools_that_are_installed():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    for hook in (hook for repo in hooks["repos"] for hook in repo["hooks"]):
        python, *command = hook["entry"].split()
        assert (python, hook["language"]) == ("python", "system")
        done = subprocess.run([sys.executable, *command, "--help"], capture_output=True)
        assert done.returncode == 0, hook["entry"]


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert citation["version"] == evidence_review.__version__
    assert re.findall(r"^## (\S+)", changelog, re.M)[0] == evidence_review.__version__
    assert PYPROJECT["project"]["dynamic"] == ["version"]


def test_ci_and_the_workflow_run_the_readme_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("make test", "make reports"):
        assert command in readme
        assert command in ci
    assert "make test-slow" in ci
    assert "bash .ci/run" in (ROOT / ".github" / "workflows" / "reports.yml").read_text(
        encoding="utf-8"
    )
