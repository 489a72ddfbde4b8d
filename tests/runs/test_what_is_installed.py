"""A built wheel holds what the package reads at run time."""

import os
import zipfile

import pytest

from ..conftest import ROOT


def test_the_wheel_holds_every_file_of_the_package(tmp_path, monkeypatch):
    """Templates and styles as well as code: pages are made from them."""
    buildapi = pytest.importorskip("flit_core.buildapi")
    monkeypatch.chdir(ROOT)
    wheel = buildapi.build_wheel(os.fspath(tmp_path))
    with zipfile.ZipFile(tmp_path / wheel) as archive:
        held = set(archive.namelist())
    package = ROOT / "src"
    wanted = {
        path.relative_to(package).as_posix()
        for path in (package / "evidence_review").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert any(name.endswith("table.html.j2") for name in wanted)
    assert wanted <= held
