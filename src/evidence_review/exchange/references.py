"""Read and write references for reference managers: RIS, PubMed's NBIB, BibTeX and CSL JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evidence_review.exchange.exports import Source
from evidence_review.exchange.names import slug, year_of
from evidence_review.records.rows import SourcesRow

# An author is 'Family, Given' or the name of a group; this separates authors.
BETWEEN = "; "


@dataclass(frozen=True)
class Reference:
    """One reference.

    Parameters
    ----------
    authors : tuple of str
        Each 'Family, Given', or the name of a group.
    title, published_in, year, volume, pages, doi, pmid, url : str
        '' if not given.
    kind : str
        'article' or 'other'.
    """

    authors: tuple[str, ...] = ()
    title: str = ""
    published_in: str = ""
    year: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    url: str = ""
    kind: str = field(default="article", compare=False)

    @property
    def source_id(self) -> str:
        """First author and year, e.g. doe2018."""
        family = self.authors[0].partition(",")[0] if self.authors else self.title.partition(" ")[0]
        return slug(family, "") + self.year

    @property
    def citation(self) -> str:
        """The citation: authors, title, journal with volume and pages."""
        names = [
            family + (" " + "".join(re.findall(r"\b\w", given)) if given else "")
            for family, _, given in (author.partition(", ") for author in self.authors)
        ]
        shown = ", ".join(names[:6]) + (", et al" if len(names) > 6 else "")
        place = ";".join(filter(None, (self.year, self.volume)))
        place += f":{self.pages}" if self.pages else ""
        parts = (shown, self.title, " ".join(filter(None, (self.published_in, place))))
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)

    def row(self) -> dict[str, str]:
        """Its row of sources.csv."""
        return {
            "source_id": self.source_id,
            "citation": self.citation,
            "authors": BETWEEN.join(self.authors),
            "title": self.title,
            "published_in": self.published_in,
            "year": self.year,
            "doi": self.doi,
            "pmid": self.pmid,
            "url": self.url if re.match("https?://", self.url) else "",
        }


class NoReferencesError(ValueError):
    """References in the file cannot be read; the message says which and why."""


def are_references(raw: bytes) -> bool:
    """Whether a file has references and not a table, by its first characters.

    Examples
    --------
    >>> are_references(b"TY  - JOUR"), are_references(b"@article{doe,"), are_references(b"study,n1")
    (True, True, False)
    """
    return _form(raw) != ""


def _form(raw: bytes) -> str:
    start = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000].decode("utf-8", "replace")
    if re.match(r"(\d+\.\s+)?TY {1,2}- ", start):  # some programs number the references
        return "ris"
    if re.match(r"PMID- ?\d", start):
        return "nbib"
    if re.match(r"(%.*\s+)*@\w+\s*[{(]", start):
        return "bibtex"
    return "csl" if re.match(r"[\[{]\s*[{\"]", start) else ""


def read_references(raw: bytes) -> list[Reference]:
    """The references of a file, in its order.

    Raises
    ------
    NoReferencesError
        If it has none, or one of them cannot be read.

    Examples
    --------
    >>> (one,) = read_references(b"TY  - JOUR\\nAU  - Doe, Jane\\nTI  - Zinc\\nPY  - 2018\\nER  - ")
    >>> one.source_id, one.authors
    ('doe2018', ('Doe, Jane',))
    """
    form = _form(raw)
    readers: Mapping[str, Callable[[str], Iterator[Reference]]] = {
        "ris": _from_ris,
        "nbib": _from_nbib,
        "bibtex": _from_bibtex,
        "csl": _from_csl,
    }
    if form not in readers:
        raise NoReferencesError(
            "this is not RIS, NBIB, BibTeX or CSL JSON: export the references in one of these"
        )
    try:
        found = list(readers[form](raw.decode("utf-8-sig", "replace")))
    except (ValueError, KeyError, OSError, AttributeError, TypeError) as error:
        raise NoReferencesError(f"the references cannot be read: {error}") from error
    if bad := [place for place, one in enumerate(found, start=1) if not one.title]:
        raise NoReferencesError(f"no title in reference {', '.join(map(str, bad))}: add it")
    if not found:
        raise NoReferencesError("there is no reference in it: export at least one into it")
    return found


def _from_ris(text: str) -> Iterator[Reference]:
    import rispy

    for one in rispy.loads(_lines(text)):
        urls = one.get("urls") or []
        yield Reference(
            authors=tuple(one.get("authors") or one.get("first_authors") or ()),
            title=one.get("title") or one.get("primary_title") or "",
            published_in=one.get("journal_name")
            or one.get("secondary_title")
            or one.get("alternate_title3")
            or one.get("alternate_title2")
            or "",
            year=year_of(one.get("year") or one.get("publication_year") or one.get("date") or ""),
            volume=one.get("volume") or "",
            pages="-".join(filter(None, (one.get("start_page"), one.get("end_page")))),
            doi=_doi(one.get("doi") or ""),
            pmid=_digits(one.get("accession_number") or ""),
            url=urls[0] if urls else one.get("url") or "",
            kind="article" if one.get("type_of_reference") == "JOUR" else "other",
        )


def _from_nbib(text: str) -> Iterator[Reference]:
    """Read PubMed's format: lines as in RIS with other tags, and a blank line between references."""
    import rispy

    class Pubmed(rispy.RisParser):
        START_TAG = "PMID"
        PATTERN = r"^[A-Z]{2,4} *- "
        DEFAULT_MAPPING = {  # noqa: RUF012  as rispy has it
            **{tag: tag for tag in ("PMID", "TI", "DP", "JT", "TA", "VI", "PG", "FAU", "AU", "CN")},
            **{"LID": "LID", "AID": "AID", "BTI": "BTI", "ER": "end", "UK": "unknown_tag"},
        }
        DEFAULT_LIST_TAGS = ["FAU", "AU", "CN", "LID", "AID"]  # noqa: RUF012

        def parse_line(self, line: str):
            tag, dash, content = line.partition("-")
            is_tag = dash and len(tag) == 4 and re.fullmatch("[A-Z]+ *", tag)
            return (tag.strip(), content.strip()) if is_tag else (None, line.strip())

    blocks = [block for block in re.split(r"\n\s*\n", _lines(text)) if block.strip()]
    closed = "\n".join(f"{block}\nER  - " for block in blocks)
    for raw in Pubmed(skip_unknown_tags=True).parse(closed):
        one = {k: v.strip() if isinstance(v, str) else v for k, v in raw.items()}
        named = [*one.get("LID", []), *one.get("AID", [])]
        yield Reference(
            authors=tuple(one.get("FAU") or one.get("AU") or one.get("CN") or ()),
            title=(one.get("TI") or one.get("BTI") or "").rstrip("."),
            published_in=one.get("TA") or one.get("JT") or "",
            year=year_of(one.get("DP", "")),
            volume=one.get("VI", ""),
            pages=one.get("PG", ""),
            doi=next((_doi(word) for word in named if word.endswith("[doi]")), ""),
            pmid=one["PMID"],
        )


def _from_bibtex(text: str) -> Iterator[Reference]:
    from bibtexparser import entrypoint, middlewares

    library = entrypoint.parse_string(
        text, append_middleware=[middlewares.LatexDecodingMiddleware()]
    )
    if library.failed_blocks:
        lines = ", ".join(str((block.start_line or 0) + 1) for block in library.failed_blocks)
        raise NoReferencesError(
            f"the BibTeX entries that begin in line {lines} are malformed; correct them"
        )
    for entry in library.entries:
        one = {name.lower(): _plain(value.value) for name, value in entry.fields_dict.items()}
        authors = re.split(r"\s+and\s+", one.get("author", "")) if one.get("author") else []
        yield Reference(
            authors=tuple(_family_first(author) for author in authors),
            title=one.get("title", ""),
            published_in=one.get("journal")
            or one.get("journaltitle")
            or one.get("booktitle")
            or "",
            year=year_of(one.get("year") or one.get("date") or ""),
            volume=one.get("volume", ""),
            pages=re.sub("-{2,}|–", "-", one.get("pages", "")),
            doi=_doi(one.get("doi", "")),
            pmid=_digits(one.get("pmid", "")),
            url=one.get("url", ""),
            kind="article" if entry.entry_type.lower() == "article" else "other",
        )


def _from_csl(text: str) -> Iterator[Reference]:
    items = json.loads(text)
    for one in items if isinstance(items, list) else items.get("items", [items]):
        parts = one.get("issued", {}).get("date-parts") or [[""]]
        yield Reference(
            authors=tuple(
                ", ".join(filter(None, (name.get("family"), name.get("given"))))
                or name.get("literal", "")
                for name in one.get("author", ())
            ),
            title=one.get("title", ""),
            published_in=one.get("container-title", ""),
            year=str(parts[0][0]) or year_of(one.get("issued", {}).get("raw", "")),
            volume=str(one.get("volume", "")),
            pages=str(one.get("page", "")),
            doi=_doi(one.get("DOI", "")),
            pmid=_digits(str(one.get("PMID", ""))),
            url=one.get("URL", ""),
            kind="article" if one.get("type") == "article-journal" else "other",
        )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[{}]", "", text).split())


def _family_first(name: str) -> str:
    """'Jane Doe' as 'Doe, Jane'; a name with a comma, or of one word, stays as it is."""
    if "," in name or " " not in name:
        return name
    given, _, family = name.rpartition(" ")
    return f"{family}, {given}"


def _doi(text: str) -> str:
    found = re.search(r"10\.\d{4,9}/\S+", text)
    return found[0] if found else ""


def _digits(text: str) -> str:
    found = re.fullmatch(r"\s*(?:PMID:?\s*)?(\d+)\s*", text, re.I)
    return found[1] if found else ""


# --- out -----------------------------------------------------------------------------------------


def of_sources(rows: Iterable[SourcesRow]) -> list[tuple[str, Reference]]:
    """Sources as references, by id; the title is the citation if nothing else is known."""
    return [
        (
            row.source_id,
            Reference(
                authors=tuple(filter(None, row.authors.split(BETWEEN))),
                title=row.title or row.citation,
                published_in=row.published_in,
                year=f"{row.year:.0f}" if row.year == row.year else "",
                doi=row.doi,
                pmid=row.pmid,
                url=row.url,
                kind="article" if row.published_in else "other",
            ),
        )
        for row in rows
    ]


def write_references(source: Source, folder: Path) -> None:
    """Write references.ris, references.nbib, references.bib and references.json (CSL)."""
    records = source.review.records
    found = of_sources(records.rows("sources"))
    for name, text in (
        ("ris", _as_ris(found)),
        ("nbib", _as_nbib(found)),
        ("bib", _as_bibtex(found)),
        ("json", _as_csl(found)),
    ):
        (folder / f"references.{name}").write_text(text, encoding="utf-8")


def _as_ris(found: Iterable[tuple[str, Reference]]) -> str:
    import rispy

    class Writer(rispy.RisWriter):
        def set_header(self, count: int) -> str:
            return ""  # some programs expect no number before a reference

    return rispy.dumps(
        [
            _filled(
                type_of_reference="JOUR" if one.kind == "article" else "GEN",
                id=name,
                authors=list(one.authors),
                title=one.title,
                secondary_title=one.published_in,
                year=one.year,
                doi=one.doi,
                accession_number=one.pmid,
                urls=[one.url] if one.url else [],
            )
            for name, one in found
        ],
        implementation=Writer,
    )


def _as_nbib(found: Iterable[tuple[str, Reference]]) -> str:
    """References in PubMed's format, which needs a PMID; those without one are left out."""
    out = []
    for _, one in found:
        lines = [("PMID", one.pmid), ("TI", one.title)]
        lines += [("FAU", author) for author in one.authors]
        lines += [("TA", one.published_in), ("DP", one.year)]
        lines += [("LID", f"{one.doi} [doi]")] if one.doi else []
        if one.pmid:
            out.append("".join(f"{tag:4}- {text}\n" for tag, text in lines if text))
    return "\n".join(out)


def _as_bibtex(found: Iterable[tuple[str, Reference]]) -> str:
    from bibtexparser import entrypoint, library, middlewares, model

    entries = library.Library(
        [
            model.Entry(
                "article" if one.kind == "article" else "misc",
                name,
                [
                    model.Field(key, value)
                    for key, value in _filled(
                        author=" and ".join(one.authors),
                        title=one.title,
                        journal=one.published_in,
                        year=one.year,
                        doi=one.doi,
                        pmid=one.pmid,
                        url=one.url,
                    ).items()
                ],
            )
            for name, one in found
        ]
    )
    encode = middlewares.LatexEncodingMiddleware()
    return entrypoint.write_string(entries, prepend_middleware=[encode])


def _as_csl(found: Iterable[tuple[str, Reference]]) -> str:
    items = [
        _filled(
            id=name,
            type="article-journal" if one.kind == "article" else "document",
            title=one.title,
            author=[
                {"family": family, "given": given} if given else {"literal": family}
                for family, _, given in (author.partition(", ") for author in one.authors)
            ],
            issued={"date-parts": [[int(one.year)]]} if one.year else {},
            DOI=one.doi,
            PMID=one.pmid,
            URL=one.url,
            **{"container-title": one.published_in},
        )
        for name, one in found
    ]
    return json.dumps(items, indent=1, ensure_ascii=False) + "\n"


def _filled(**parts):
    return {name: value for name, value in parts.items() if value}
