"""`import` and `new` change data/ in one step: nothing is lost, whoever else writes and whenever it ends."""

import errno
import multiprocessing
import os
import random
import shutil
import signal
import sys
import threading

import pytest

from evidence_review.cli import main
from evidence_review.exchange import data_change
from evidence_review.exchange.data_change import DataInUseError, changed_data
from evidence_review.exchange.new_review import NewReviewError, new_review
from evidence_review.records import Project, UnknownReviewError, violations
from evidence_review.runs import workshop
from evidence_review.runs.workshop import LOCK

from ..minimal_review import NAME, fill
from ..small_project import content, differing
from .test_import import ARMS, MAPPED, rows

needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="needs fork and signals"
)


def importing(review, study: str) -> list[str]:
    """The command that imports a study of this name."""
    file = review.root / f"{study}.csv"
    file.write_text(ARMS.replace("Doe", study).replace("Poe", f"{study}b"), encoding="utf-8")
    return ["--project", str(review.root), "import", str(file), "--review", NAME, *MAPPED]


def test_two_imports_at_once_both_come_in(review):
    fill(review, randomised=True)
    before = content(review.data)
    codes = []
    threads = [
        threading.Thread(target=lambda words=words: codes.append(main(words)))
        for words in [importing(review, "Ann"), importing(review, "Bea")]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0, 0]
    studies = {row["study_id"] for row in rows(review, "studies")}
    assert {"ann2018", "annb2019", "bea2018", "beab2019"} <= studies
    assert violations(review, [NAME]) == []
    for _ in threads:
        assert main(["--project", str(review.root), "import", "--undo", "--review", NAME]) == 0
    assert differing(content(review.data), before) == []


def test_an_import_is_undone_where_it_was_made(review, tmp_path, capsys):
    """Not in a clone that has the same cache, nor, if it was killed before it was done, anywhere."""
    fill(review, randomised=True)
    (review.root / ".cache").mkdir(exist_ok=True)
    other = Project(shutil.copytree(review.root, tmp_path / "other", symlinks=True))
    shutil.rmtree(other.root / ".cache")
    (other.root / ".cache").symlink_to(review.root / ".cache")
    before = content(review.data)
    assert main(importing(review, "Ann")) == 0
    undo = ["import", "--undo", "--review", NAME]
    assert main(["--project", str(other.root), *undo]) == 1
    assert "there is no import into" in capsys.readouterr().err
    assert differing(content(other.data), before) == []
    assert main(["--project", str(review.root), *undo]) == 0
    assert differing(content(review.data), before) == []


def test_what_somebody_saves_meanwhile_is_kept_and_named(review, capsys, monkeypatch):
    fill(review, randomised=True)
    claims = review.data / NAME / "claims.csv"
    seen = []

    def save_at_the_end(folder):
        if len(seen) == 1:  # between the copy and the swap
            claims.write_text("saved by hand", encoding="utf-8")
            (review.data / NAME / "notes.txt").write_text("a new file", encoding="utf-8")
        seen.append(folder)
        return digests(folder)

    digests = data_change.digests
    monkeypatch.setattr(data_change, "digests", save_at_the_end)
    before = content(review.data)
    assert main(importing(review, "Ann")) == 1
    message = capsys.readouterr().err
    assert f"data/{NAME}/claims.csv" in message
    assert f"data/{NAME}/notes.txt" in message
    assert "run the command again" in message
    saved = {f"{NAME}/claims.csv": b"saved by hand", f"{NAME}/notes.txt": b"a new file"}
    assert differing(content(review.data), before | saved) == []


def test_what_is_saved_in_the_last_moment_is_put_back(review, monkeypatch):
    """Between the comparison and the swap."""
    claims = review.data / NAME / "claims.csv"
    swap = data_change.swap

    def save_and_swap(one, other):
        if claims.read_text(encoding="utf-8") != "saved":
            claims.write_text("saved", encoding="utf-8")
        return swap(one, other)

    monkeypatch.setattr(data_change, "swap", save_and_swap)
    if not swap(review.data, review.notebooks):
        pytest.skip("no exchange in one step here")
    swap(review.data, review.notebooks)
    with pytest.raises(DataInUseError, match=r"claims\.csv"), changed_data(review) as trial:
        (trial.data / "new.txt").touch()
    assert claims.read_text(encoding="utf-8") == "saved"
    assert not (review.data / "new.txt").exists()


def test_a_full_disk_is_told_in_one_line_with_the_file_that_has_no_room(
    review, capsys, monkeypatch
):
    """Each file of data/ was told, three times, in a line of fifteen thousand characters."""

    def refuse(source, target, **_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(target))

    before = content(review.data)
    monkeypatch.setattr(data_change.shutil, "copy2", refuse)
    assert main(["--project", str(review.root), "import", "--undo", "--review", NAME]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"evidence-review: cannot use {review.data.parent}")
    assert "No space left on device; make room on the disk" in told
    assert len(told.splitlines()) == 1
    assert len(told) < 500
    assert ".data-building-" in told  # the copy, not the table it is a copy of
    assert content(review.data) == before


def test_a_change_that_fails_leaves_nothing(review):
    before = content(review.root)
    with pytest.raises(ZeroDivisionError), changed_data(review) as trial:
        (trial.data / "half.txt").touch()
        raise ZeroDivisionError
    new = content(review.root).keys() - before.keys()
    assert all(name.endswith(LOCK) for name in new)


CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")


def new_and_killed(root, killed_at: int) -> None:
    """In a process of its own: make a review, and end at the n-th time that a file is touched."""
    os.setpgid(0, 0)
    count = 0

    def watch(event, arguments):
        nonlocal count
        if event in CHANGES and str(root) in str(arguments[0]):
            count += 1
            if count == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    new_review(Project(root), "tea")
    (root / "touched").write_text(str(count))
    os._exit(0)


def ended(root, killed_at: int) -> int | None:
    processes = multiprocessing.get_context("fork")
    process = processes.Process(target=new_and_killed, args=(root, killed_at))
    process.start()
    process.join()
    return process.exitcode


def made_in_spite_of_kills(review, folder, moments) -> None:
    """After a kill the tables are as before or as after, and the next command gives what it should."""
    before = content(review.data)
    whole = Project(shutil.copytree(review.root, folder / "whole"))
    assert ended(whole.root, 0) == 0
    after = content(whole.data)
    count = int((whole.root / "touched").read_text())
    for moment in moments(count):
        killed = Project(shutil.copytree(review.root, folder / str(moment)))
        assert ended(killed.root, moment) == -signal.SIGKILL
        assert content(killed.data) in (before, after), moment
        if content(killed.data) == before:
            assert ended(killed.root, 0) == 0, moment
        else:
            with changed_data(killed):
                pass
        assert differing(content(killed.data), after) == [], moment
        assert not [path.name for path in killed.root.iterdir() if "-building-" in path.name]


@pytest.mark.slow
@needs_fork
def test_new_killed_while_folders_change_places_by_two_renames(review, tmp_path, monkeypatch):
    """As where the system cannot exchange them: there is a moment without data/."""
    monkeypatch.setattr(data_change, "swap", lambda one, other: False)
    monkeypatch.setattr(workshop, "swap", lambda one, other: False)
    before = content(review.data)
    whole = Project(shutil.copytree(review.root, tmp_path / "whole"))
    assert ended(whole.root, 0) == 0
    after = content(whole.data)
    count, missing = int((whole.root / "touched").read_text()), 0
    for moment in range(count - 12, count):
        killed = Project(shutil.copytree(review.root, tmp_path / str(moment)))
        assert ended(killed.root, moment) == -signal.SIGKILL
        missing += not killed.data.exists()
        assert main(["--project", str(killed.root), "list"]) == 0
        assert content(killed.data) in (before, after), moment
        assert not [path.name for path in killed.root.iterdir() if "-building-" in path.name]
    assert missing > 0


@needs_fork
@pytest.mark.slow
@pytest.mark.long
def test_new_killed_at_any_moment(review, tmp_path):
    """At the first and the last four, and at others drawn at random."""
    draw = random.Random(1)

    def moments(count):
        drawn = draw.sample(range(1, count), k=min(55, count - 1))
        return sorted({1, *range(count - 4, count), *drawn})

    made_in_spite_of_kills(review, tmp_path, moments)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("zinc-sweep-mine", "folders with '-sweep-' hold the pages of sweeps"),
        ("con", "Windows keeps that name for a device"),
        ("lpt1", "Windows keeps that name for a device"),
        ("magnesiumrls", "too similar to the existing data/magnesium-rls"),
        ("iron-r-ls", "too similar to the existing data/iron-rls"),
    ],
)
def test_names_that_would_clash_are_refused(new_project, name, says):
    before = sorted(new_project.data.iterdir())
    with pytest.raises(NewReviewError, match=says):
        new_review(new_project, name)
    assert sorted(new_project.data.iterdir()) == before


def test_a_folder_named_like_a_sweep_is_no_review(copy):
    (copy.data / "iron-rls").rename(copy.data / "iron-rls-sweep-mine")
    with pytest.raises(UnknownReviewError, match="hold the pages of sweeps"):
        copy.require_review("iron-rls-sweep-mine")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Doe 2018,Zinc 20 mg", "Doe 2018,+"), "needs a letter or a digit"),
        (
            ("Poe 2019,Zinc 30 mg", "Poe 2019,zinc 10-MG"),
            "would have the id of 'Zinc 10 mg' in row 4",
        ),
        (("Doe 2018,placebo", "doe-2018,placebo"), "would have the id of 'Doe 2018' in row 2"),
    ],
)
def test_names_without_an_id_of_their_own_are_refused(review, capsys, words, says):
    fill(review, randomised=True)
    before = content(review.data)
    file = review.root / "arms.csv"
    file.write_text(ARMS.replace(*words), encoding="utf-8")
    assert (
        main(["--project", str(review.root), "import", str(file), "--review", NAME, *MAPPED]) == 1
    )
    assert says in capsys.readouterr().err
    assert differing(content(review.data), before) == []
