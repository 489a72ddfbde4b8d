"""What tests of files that come in and go out share."""

import pytest

from evidence_review.cli import main


@pytest.fixture
def run(tmp_path, capsys):
    """Runs a command in a new project, `own`; returns its exit code and what it said."""

    def command(*arguments):
        code = main(["--project", str(tmp_path / "own"), *arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert main(["init", str(tmp_path / "own")]) == 0
    capsys.readouterr()
    return command


def paste(project, text: str, *options: str) -> int:
    """Import a table that is text into a project; the exit code."""
    table = project.root / "table.csv"
    table.write_text(text, encoding="utf-8")
    return main(["--project", str(project.root), "import", str(table), *options])
