"""What a killed command leaves goes with the next command of any kind; what others have stays."""

import os
import shutil
import time

import pytest

from evidence_review.cli import main
from evidence_review.records.files import HALF, YOUNG, whole_file
from evidence_review.runs import scratch
from evidence_review.runs.workshop import LOCK, building_folder, locked

from ..small_project import content, differing

LEFT = (
    ".data-building-ab12cd_3",
    "reports/.magnesium-rls-building-ab12cd_3",
    "reports/.index-building-ab12cd_3",
    "reports/exports/iron-rls/.html-building-ab12cd_3",
    "notebooks/course/.editions-building-ab12cd_3",
    "notebooks/course/.class-7-building-ab12cd_3",
)


def left_by_a_kill(folder) -> None:
    folder.mkdir(parents=True)
    (folder / LOCK).touch()  # which nobody holds any more
    (folder / "page").write_text("half a page")


def run(project, *words: str) -> int:
    return main(["--project", str(project.root), *words])


@pytest.fixture
def temporary(tmp_path_factory, monkeypatch):
    """Where temporary files go, for this test alone."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("command", [["list"], ["check"], ["diff", "nothing"], ["import"]])
def test_the_next_command_removes_it(copy, temporary, command):
    for name in LEFT:
        left_by_a_kill(copy.root / name)
    left_by_a_kill(temporary / f"{scratch.PREFIX}ab12cd_3")
    half = copy.data / f"{HALF}DICTIONARY"
    half.write_text("half")
    long_ago = time.time() - YOUNG - 1
    for old in (half, temporary / f"{scratch.PREFIX}ab12cd_3" / LOCK):
        os.utime(old, (long_ago, long_ago))
    run(copy, *command)
    assert [name for name in LEFT if (copy.root / name).exists()] == []
    assert list(temporary.iterdir()) == []
    assert not half.exists()


def test_what_others_work_on_or_keep_there_stays(copy, temporary):
    own = [copy.root / ".plans-building-2027", copy.reports / "magnesium-building-site"]
    for folder in own:
        left_by_a_kill(folder)
    half = copy.data / f"{HALF}being-written"
    half.write_text("half")
    with building_folder(copy.reports, "iron-rls") as theirs, scratch.temporary_folder() as room:
        assert run(copy, "list") == 0
        assert theirs.is_dir()
        assert room.is_dir()
    assert all(folder.is_dir() for folder in own)
    assert half.is_file()


def test_where_it_cannot_be_removed_the_command_works_all_the_same(copy, temporary, monkeypatch):
    left_by_a_kill(copy.root / LEFT[0])

    def refuse(folder, *, timeout):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("evidence_review.runs.workshop.locked", refuse)
    assert run(copy, "list") == 0


def test_data_set_aside_by_a_command_that_was_killed_come_back(copy, temporary):
    """Where the system cannot exchange folders, they have another name for a moment."""
    before = content(copy.data)
    aside = copy.root / ".data-building-ab12cd_3"
    aside.mkdir()
    copy.data.rename(aside / "previous")
    left_by_a_kill(
        copy.root / ".data-building-zz12cd_3" / "data"
    )  # the copy that was to replace them
    assert run(copy, "list") == 0
    assert differing(content(copy.data), before) == []
    assert [path.name for path in copy.root.iterdir() if "-building-" in path.name] == []


def test_what_was_set_aside_does_not_replace_what_is_there(copy, temporary):
    aside = copy.root / ".data-building-ab12cd_3"
    shutil.copytree(copy.data, aside / "previous")
    (copy.data / "since").touch()
    assert run(copy, "list") == 0
    assert (copy.data / "since").exists()
    assert not aside.exists()


def test_a_file_is_written_whole_or_stays(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), whole_file(path) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert content(tmp_path) == {"file": b"before"}
    with whole_file(path) as stream:
        stream.write(b"half")
        stream.flush()
        assert path.read_bytes() == b"before"
        stream.write(b" and half")
    assert content(tmp_path) == {"file": b"half and half"}


def test_a_locked_folder_is_that_of_a_command_that_goes_on(copy, temporary):
    left_by_a_kill(copy.root / LEFT[0])
    with locked(copy.root / LEFT[0], timeout=0):
        assert run(copy, "list") == 0
        assert (copy.root / LEFT[0]).is_dir()
    assert run(copy, "list") == 0
    assert not (copy.root / LEFT[0]).exists()
