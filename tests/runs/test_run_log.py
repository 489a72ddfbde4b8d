"""The log of runs: what a person finds in it who asks why one was slow."""

import logging
import re

import pytest

from evidence_review.runs import run_log as module
from evidence_review.runs.run_log import run_log

from .test_runs_that_go_wrong import only_notebook, run

LOG = logging.getLogger("evidence_review.runs.report")
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (.*)")


def lines(path) -> list[str]:
    """The log without times and processes, which every line must have."""
    return [LINE.fullmatch(line)[1] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_a_run_is_told_from_start_to_end_and_not_in_the_report(copy, capfd):
    only_notebook(copy, "1")
    assert run(copy, "report", "--set", "level=0.9") == 0
    log = copy.root / ".cache" / "runs.log"
    first = lines(log)
    assert re.fullmatch(r"start, \d+ cores(, load \d+\.\d)?", first[0])
    assert first[1] == "report: review = magnesium-rls, level = 0.9"
    assert first[2] == "01-one: stale: there is no earlier report"
    assert re.fullmatch(r"\[1/1\] 01-one  \d+\.\d s", first[3])
    assert re.fullmatch(r"done after \d+\.\d s", first[-1])
    assert not list(copy.reports.rglob("*.log"))

    only_notebook(copy, "raise ValueError('the cat sat on it')")
    assert run(copy, "report") == 1
    second = lines(log)[len(first) :]
    assert "notebooks/01-one.ipynb changed" in second[2]
    assert "[1/1] 01-one  FAILED" in second
    assert re.match(r"ReportError after \d+\.\d s: 01-one.ipynb, cell 3: ValueError", second[-1])


def test_it_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2000)
    path = tmp_path / "runs.log"
    for _ in range(100):
        with run_log(path):
            LOG.info("a line of a run")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2 * 2000
    assert re.match("done after", lines(path)[-1])


def test_nothing_is_noted_outside_of_a_run(tmp_path):
    with run_log(tmp_path / "runs.log"):
        pass
    LOG.info("afterwards")
    assert "afterwards" not in (tmp_path / "runs.log").read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path, capsys):
    (tmp_path / "file").touch()
    with run_log(tmp_path / "file" / "runs.log"):
        LOG.info("done all the same")
    assert capsys.readouterr().err == ""


def test_an_interrupted_run_says_so(tmp_path):
    with pytest.raises(KeyboardInterrupt), run_log(tmp_path / "runs.log"):
        raise KeyboardInterrupt
    assert lines(tmp_path / "runs.log")[-1].startswith("KeyboardInterrupt after")
