"""The parameters cells of notebooks are written from the settings, and nothing else changes."""

import nbformat

from evidence_review.cli import main

NAME = "04-placebo-as-a-prior.ipynb"


def test_a_setting_is_written_into_the_notebooks_that_it_names(copy):
    path = copy.notebooks / NAME
    before = path.read_bytes()
    node = nbformat.read(path, as_version=4)
    cell = next(c for c in node.cells if "parameters" in c.metadata.get("tags", []))
    kept = [line for line in cell.source.splitlines() if not line.startswith("vague_weight")]
    cell.source = "\n".join(kept).replace("estimator of the variance", "how it is estimated")
    nbformat.write(node, path)
    assert path.read_bytes() != before
    assert main(["--project", str(copy.root), "schema"]) == 0
    assert path.read_bytes() == before


def test_a_notebook_of_ones_own_keeps_its_parameters_and_gets_no_other(copy):
    path = copy.notebooks / "13-of-ones-own.ipynb"
    cells = [
        nbformat.v4.new_markdown_cell("# Own\n\nDoes it stay?"),
        nbformat.v4.new_code_cell('review: str = ""', metadata={"tags": ["parameters"]}),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    assert main(["--project", str(copy.root), "schema"]) == 0
    (written,) = (c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
    assert written.source.startswith('review: str = ""') and "\n" not in written.source
