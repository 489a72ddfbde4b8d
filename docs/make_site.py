"""Makes the documentation site: the project's pages in Markdown, and the API from the docstrings.

python docs/make_site.py    # reports/docs/index.html, beside the reports

Pages keep the links that they have in the repository: to another page, to a module (its place in the
API reference), to a report, or to a file, which is then offered for download. The site is refused
where Sphinx warns or where a link leads nowhere.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs" / "site"
OUT = ROOT / "reports" / "docs"

# The pages by heading, each with its name on the site.
PAGES = {
    "Using it": {
        "docs/user-guide.md": "user-guide",
        "docs/sweeps.md": "sweeps",
        "notebooks/course/README.md": "course",
    },
    "How it works": {
        "docs/methods.md": "methods",
        "data/DICTIONARY.md": "dictionary",
        "benchmarks/RESULTS.md": "speed-of-pooling",
        "benchmarks/RESULTS-reports.md": "speed-of-reports",
        "benchmarks/RESULTS-sweeps.md": "speed-of-sweeps",
        "tests/reference/README.md": "reference-values",
    },
    "Changing it": {
        "CONTRIBUTING.md": "contributing",
        "docs/architecture.md": "architecture",
        "CHANGELOG.md": "changelog",
    },
}
HOME = "README.md"
NAMES = {HOME: "index"} | {path: name for group in PAGES.values() for path, name in group.items()}

_FENCE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.M | re.S)
_LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s]+)\)")


def lay_ready(stage: Path) -> None:
    """Write every page, with its links as they are on the site, and the settings into `stage`."""
    shutil.copytree(SITE, stage, dirs_exist_ok=True)
    for source, name in NAMES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        pieces = _FENCE.split(text)
        pieces[::2] = [
            _LINK.sub(lambda found, source=source: _link(found, source, stage), piece)
            for piece in pieces[::2]
        ]
        (stage / f"{name}.md").write_text("".join(pieces), encoding="utf-8")
    with (stage / "index.md").open("a", encoding="utf-8") as index:
        for caption, group in {**PAGES, "The code": {"": "api"}}.items():
            names = "\n".join(group.values())
            index.write(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```\n")


def _link(found: re.Match, source: str, stage: Path) -> str:
    """A link of the page `source` as it is written on the site."""
    image, text, target = found.groups()
    address = urlsplit(target)
    if address.scheme or not address.path:
        return found[0]
    path = (ROOT / source).parent / address.path
    place = path.resolve().relative_to(ROOT)
    fragment = f"#{address.fragment}" if address.fragment else ""
    if place.as_posix() in NAMES:
        return f"[{text}]({NAMES[place.as_posix()]}.md{fragment})"
    if place.match("reports/*/summary.md"):
        return f'<a href="../{place.parent.name}/index.html">{text}</a>'
    if place.parts[0] == "src" and (path.is_dir() or path.suffix == ".py"):
        module = ".".join(place.with_suffix("").parts[1:])
        return f"[{text}](api/{module}.rst)"
    if path.is_dir():
        return text
    copied = stage / "files" / place
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, copied)
    return f"{image}[{text}](files/{place.as_posix()})"


class _Page(HTMLParser):
    """The anchors of a page, what it links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") not in ("canonical", "search"):
            self.loads.append(found.get("href", ""))
        elif "src" in found:
            self.loads.append(found["src"])


def broken_links(site: Path) -> list[str]:
    """Links that lead nowhere, and what a page would load from elsewhere, as sentences.

    Links to other sites are not followed. Links to a report need a review of that name in data/.
    """
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        here = path.relative_to(site)
        for target in page.links + page.loads:
            address = urlsplit(target)
            if address.scheme or address.netloc:
                if target in page.loads and address.scheme != "data":
                    problems.append(f"{here} loads {target}: nothing may come from the network")
                continue
            there = path if not address.path else (path.parent / unquote(address.path)).resolve()
            if not there.is_relative_to(site):
                if not (ROOT / "data" / there.parent.name / "review.csv").is_file():
                    problems.append(f"{here} links to {target}: there is no such review")
            elif not there.is_file():
                problems.append(f"{here} links to {target}: there is no such file")
            elif (
                there in pages
                and address.fragment
                and unquote(address.fragment) not in pages[there].anchors
            ):
                problems.append(f"{here} links to {target}: there is no such heading")
    return problems


def main() -> int:
    """Make the site, in the place of the previous one only if it is sound; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        stage, made = Path(folder, "pages").resolve(), Path(folder, "site").resolve()
        lay_ready(stage)
        code = build_main(["-b", "html", "-W", "-q", "-E", "-j", "auto", str(stage), str(made)])
        if code:
            return code
        for name in (".doctrees", "_sources"):  # for the next build, and empty
            shutil.rmtree(made / name, ignore_errors=True)
        problems = broken_links(made)
        print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
        if problems:
            return 1
        shutil.rmtree(OUT, ignore_errors=True)
        shutil.copytree(made, OUT)
    print(OUT.joinpath("index.html").relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
