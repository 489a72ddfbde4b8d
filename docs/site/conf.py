"""How Sphinx sets the documentation; `docs/make_site.py` lays the pages ready and starts it.

Nothing is asked of the network, neither when the site is made nor when it is read: formulas become
MathML, figures are SVG, and search runs in the browser.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from pygments.lexers.special import TextLexer

import evidence_review

project = "evidence-review"
version = release = evidence_review.__version__
html_title = f"{project} {version}"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
templates_path = ["templates"]
# What is in single backticks in a docstring is code.
default_role = "code"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4  # the anchors that GitHub gives

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True
viewcode_follow_imported_members = False  # its links back from the source are broken for these
napoleon_google_docstring = False
napoleon_use_rtype = False

# A type known by its short name alone may have namesakes in other modules; the first is linked.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_math_renderer = "mathml"


def _formula(self, node, *, block: bool) -> None:
    """Writes a formula as MathML, which every browser sets without a script."""
    self.body.append(tex2mathml(node.astext(), as_block=block))
    raise nodes.SkipNode


def _absolute_values(app, what, name, obj, options, lines: list[str]) -> None:
    """Keeps |x| of a docstring as it is: reStructuredText would put something in its place."""
    lines[:] = [
        line if line.lstrip().startswith(">>>") else re.sub(r"\|(\w+)\|", r"\\|\1\\|", line)
        for line in lines
    ]


def _own_branch(app, pagename, templatename, context, doctree) -> None:
    """Lists in the sidebar the branch of the page, not all modules again on each of some 500 pages."""
    toctree = context["toctree"]
    context["toctree"] = lambda **options: toctree(**(options | {"collapse": True}))


def setup(app) -> None:
    app.connect("autodoc-process-docstring", _absolute_values)
    app.connect("html-page-context", _own_branch, priority=400)  # before the theme reads it
    for name in ("csv", "ris"):  # tables and references are shown as they are
        app.add_lexer(name, TextLexer)
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda self, node: _formula(self, node, block=False), None),
        block_renderers=(lambda self, node: _formula(self, node, block=True), None),
    )
