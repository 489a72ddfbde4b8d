"""The explorer in JupyterLab or as a page of Voila: change a choice or an assumption, see the answer.

`Explorer` puts controls beside what `view` shows of one set of settings. What each control allows, and what it means, is that of `review.settings`; the sentences are
those of `words.answer`. As a page of its own, it has its settings in the address (explorer.js).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from math import floor, log10
from pathlib import Path
from urllib.parse import parse_qs

import ipywidgets as widgets
import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.estimates.change import placebo_arms
from evidence_review.explorer.view import address, asked_by, command, view
from evidence_review.placebo.bias import appraised_change
from evidence_review.records import Records
from evidence_review.review.finding import Finding
from evidence_review.review.review import Review
from evidence_review.review.settings import (
    HETEROGENEITY,
    LABELS,
    NOT_PRINTED,
    OF_ONE_OUTCOME,
    PLACEBO_GROUPS,
    UNCONTROLLED_TRIAL,
    WHAT_MATTERS,
    Settings,
    SettingsError,
    of_part,
)
from evidence_review.words.effects import spread
from evidence_review.words.settings import label, value_names

# Parts of the review whose settings have controls, in the order of the Tab key.
PARTS = (PLACEBO_GROUPS, NOT_PRINTED, UNCONTROLLED_TRIAL, HETEROGENEITY, WHAT_MATTERS)

# Choices of placebo arms; only those that leave enough arms for a comparison are offered.
_WHICH_ARMS = ("population", "designs", "missing_se")

# Settings that do not change the answer of a review without an uncontrolled trial.
_ONLY_UNCONTROLLED = (*of_part(PLACEBO_GROUPS), *of_part(UNCONTROLLED_TRIAL))


class Explorer:
    """Controls and the answer of one review. `box`: the widget to show; `controls`: by setting."""

    def __init__(self, records: Records):
        self.review = Review(records)
        self.default = self.review.settings
        self._arms: dict[tuple, int] = {}
        self.left_out = () if appraised_change(self.review) else _ONLY_UNCONTROLLED
        self.controls = {
            entry.name: _control(entry, self.review, getattr(self.default, entry.name))
            for entry in fields(Settings)
            if entry.metadata["part"] in PARTS
            and entry.name not in self.left_out
            and getattr(self.default, entry.name) is not None
            and (entry.name != "outcome" or self.review.records.further_outcomes)
        }
        self._every = {
            name: tuple(control.options)
            for name, control in self.controls.items()
            if isinstance(control, widgets.Dropdown)
        }
        self.verdict, self.figure, self.words, self.share = (widgets.HTML() for _ in range(4))
        self.tables, self.for_tables = widgets.Output(), widgets.Output()
        self.with_tables = widgets.ToggleButton(
            description="Show the tables",
            tooltip="Placebo arms and findings under these settings, to sort and to search",
        )
        self.reset = widgets.Button(description="Reset", tooltip="Every setting at its default")
        self.reset.on_click(lambda _: self.set(self.default))
        self.with_tables.observe(lambda _: self._prepare_tables(), "value")
        for control in (*self.controls.values(), self.with_tables):
            control.observe(lambda _: self.refresh(), "value")
        # The page presses `ask` after each change; a live kernel answers by counting on.
        self.ask = widgets.Button()
        self.counted = widgets.HTML("0")
        self.ask.on_click(self._count)
        self.notice = widgets.HTML()
        self._moving = self._tables_prepared = False
        self.refresh()
        self.box = self._laid_out()

    @property
    def settings(self) -> Settings:
        """The settings that the controls show; those of one outcome hold only for the review's own."""
        moved = {name: _value(control) for name, control in self.controls.items()}
        if moved.get("outcome", self.default.outcome) == self.default.outcome:
            return replace(self.default, **moved)
        other = self.review.under(outcome=moved["outcome"]).settings
        return replace(other, **{n: v for n, v in moved.items() if n not in OF_ONE_OUTCOME})

    def set(self, settings: Settings) -> None:
        """Set every control at once."""
        self._moving = True
        for name, control in self.controls.items():
            value = getattr(settings, name)
            if isinstance(control, widgets.Dropdown):
                _offer(control, self._every[name], value)
            else:
                control.value = value
        self._moving = False
        self.refresh()

    def refresh(self) -> None:
        """Show the answer under the current settings."""
        if self._moving:
            return
        settings = self.settings
        for name in OF_ONE_OUTCOME:
            if name in self.controls:
                self.controls[name].disabled = settings.outcome != self.default.outcome
        self._offer_what_has_an_answer(settings)
        moved = self.review.under(**vars(settings))
        now = view(moved)
        first, *rest = now.answer or (now.problem,)
        self.verdict.value = (
            f'<p class="verdict" role="status" data-address="{html.escape(address(settings, self.default))}">'
            f"{html.escape(first)}</p>"
        )
        caption = f"<figcaption>{html.escape(now.caption)}</figcaption>" if now.caption else ""
        self.figure.value = f"<figure>{now.figure}{caption}</figure>" if now.figure else ""
        self.words.value = "".join(
            f"<p>{html.escape(sentence)}</p>" for sentence in rest
        ) + "".join(
            f"<p>{html.escape(f.label)}: <b>{page.value_text(f)}</b>.</p>" for f in now.chances
        )
        self.share.value = (
            ""
            if now.problem
            else (
                "<p>Share these settings: this command makes the whole report under them.</p>"
                f'<code tabindex="0">{html.escape(command(settings, self.default))}</code>'
            )
        )
        self.tables.outputs = (
            _tables(moved, now.findings) if self.with_tables.value and not now.problem else ()
        )

    def open(self, query: str) -> None:
        """Show the settings in an address, after its '?'; if they are not allowed, the defaults and why."""
        try:
            self.set(asked_by(query, self.review))
        except SettingsError as error:
            problems = "; ".join(str(error).splitlines())
            self.notice.value = (
                '<p class="help" role="alert">The address has settings that are not allowed, so every setting is '
                f"at its default: {html.escape(problems)}.</p>"
            )

    def _offer_what_has_an_answer(self, settings: Settings) -> None:
        """Leave out choices that, with the other current choices, leave too few placebo arms."""
        self._moving = True
        for name in _WHICH_ARMS:
            now, control = getattr(settings, name), self.controls.get(name)
            if not isinstance(control, widgets.Dropdown):  # not in this review
                continue
            _offer(
                control,
                [
                    (label, value)
                    for label, value in self._every[name]
                    if value == now or self._arms_under(settings.but(**{name: value})) > 1
                ],
                now,
            )
        self._moving = False

    def _arms_under(self, settings: Settings) -> int:
        """How many placebo arms can be used; kept, since a few combinations recur often."""
        key = tuple(getattr(settings, name) for name in _WHICH_ARMS)
        if key not in self._arms:
            changes = dict(zip(_WHICH_ARMS, key, strict=True))
            self._arms[key] = len(placebo_arms(self.review.under(**changes)).usable)
        return self._arms[key]

    def _prepare_tables(self) -> None:
        """Load the code that sorts and searches tables at its first use: it is almost a megabyte."""
        if not self._tables_prepared:
            from itables import init_notebook_mode

            with self.for_tables:
                init_notebook_mode(all_interactive=False)  # without a network
            self._tables_prepared = True

    def _count(self, _) -> None:
        self.counted.value = f"{int(self.counted.value) + 1}"

    def _laid_out(self) -> widgets.Widget:
        groups: list[widgets.Widget] = [
            widgets.VBox(
                [
                    widgets.HTML(f"<h3>{part}</h3>"),
                    *(self.controls[name] for name in of_part(part) if name in self.controls),
                ]
            )
            for part in PARTS
            if not set(of_part(part)) <= set(self.left_out)
        ]
        if self.left_out:
            groups.append(widgets.HTML(f'<p class="help">{_not_explored(self.left_out)}</p>'))
        buttons = widgets.HBox([self.reset, self.with_tables])
        moved = widgets.VBox([buttons, *groups])
        moved.add_class("explorer-controls")
        answered = widgets.VBox([self.verdict, self.figure])
        answered.add_class("explorer-answer")
        said = widgets.VBox([self.words, self.share])
        said.add_class("explorer-words")
        left = widgets.VBox([answered, said])
        left.add_class("explorer-left")
        both = widgets.Box([left, moved])
        both.add_class("explorer-both")
        self.ask.add_class("explorer-ask")
        self.counted.add_class("explorer-counted")
        style = widgets.HTML(f"<style>{_asset('explorer.css')}</style>")
        script = widgets.Output(
            outputs=(_display_html(f"<script>{_asset('explorer.js')}</script>"),)
        )
        gone = widgets.HTML(f'<p class="explorer-gone" role="alert" hidden>{_GONE}</p>')
        box = widgets.VBox(
            [
                style,
                gone,
                self.notice,
                both,
                self.for_tables,
                self.tables,
                self.ask,
                self.counted,
                script,
            ]
        )
        box.add_class("explorer")
        return box


def explore(reviews: Sequence[str], load: Callable[[str], Records], first: str) -> widgets.Widget:
    """The explorer of one review, with a menu if there are several.

    As a page of its own, it opens the review and settings in its address. The page sends its address
    (explorer.js), because the notebook runs before a reader opens the page.
    """
    pick = widgets.Dropdown(options=list(reviews), value=first, description="Review")
    asked = widgets.Text()
    asked.add_class("explorer-asked")
    room = widgets.VBox()

    def show(explorer: Explorer) -> Explorer:
        heading = widgets.HTML(f"<h2>{html.escape(explorer.review.about.question)}</h2>")
        room.children = (*([pick] if len(reviews) > 1 else []), heading, explorer.box, asked)
        return explorer

    shown = [show(Explorer(load(first)))]

    def open_address(query: str) -> None:
        named = parse_qs(query).get("review", [first])[-1]
        if named in reviews:
            pick.value = named
            shown[0].open(query)

    def change_review(name: str) -> None:
        shown[0] = show(Explorer(load(name)))

    pick.observe(lambda change: change_review(change.new), "value")
    asked.observe(lambda change: open_address(change.new), "value")
    return room


_GONE = (
    "The program behind this page has stopped: the controls no longer work. Reload the page; "
    "your settings are in its address. In JupyterLab: Run, Restart Kernel and Run All Cells."
)


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _offer(control: widgets.Dropdown, options: Sequence[tuple[str, str]], value: str) -> None:
    """Change the options of a control and its value in one step."""
    with control.hold_sync():
        if tuple(control.options) != tuple(options):
            control.options = options
        control.value = value


def _control(entry, review: Review, value) -> widgets.Dropdown | widgets.FloatSlider:
    limits = review.limits[entry.name]
    shared = {
        "description": label(review, entry.name),
        "tooltip": f"{entry.name}: {entry.metadata['help']}",
        "style": {"description_width": "100%"},
        "layout": {"width": "auto"},
    }
    if limits.choices:
        names = value_names(review)
        options = [
            (text.shorten(names.get(choice) or str(choice), 60), choice)
            for choice in limits.choices
        ]
        return widgets.Dropdown(options=options, value=value, **shared)
    low, high = review.bounds(entry.name)
    step = 10.0 ** floor(log10((high - low) / 20))
    if entry.metadata["whole"]:
        step = max(1.0, step)
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        readout_format=f".{max(0, round(-log10(step)))}f",
        **shared,
    )


def _value(control: widgets.Dropdown | widgets.FloatSlider) -> float | str:
    """The value of a control; that of a slider without the rounding error from adding steps."""
    return control.value if isinstance(control.value, str) else float(f"{control.value:g}")


def _not_explored(names: Sequence[str]) -> str:
    labels = "; ".join(LABELS[name] for name in names)
    return (
        "This review has no trial without a control group, so nothing is compared with the placebo "
        f"groups of other trials. Left out, because they would change only that comparison: {labels}."
    )


def _tables(review: Review, findings: Sequence[Finding]) -> tuple[dict, ...]:
    """Placebo arms and findings as tables to sort and search, without a network."""
    from itables import to_html_datatable

    frames = {
        "Placebo arms: used, and left out with the reason": arms_table(review),
        "Findings under these settings": findings_table(findings),
    }
    return tuple(
        _display_html(
            to_html_datatable(
                frame.astype(object).fillna(""),
                caption=caption,
                classes="display compact",  # long words break
                connected=False,
                showIndex=False,
                maxBytes=0,
            )
        )
        for caption, frame in frames.items()
    )


def _display_html(markup: str) -> dict:
    """HTML as the output of a cell, so that its scripts run."""
    return {"output_type": "display_data", "data": {"text/html": markup}, "metadata": {}}


def arms_table(review: Review) -> pd.DataFrame:
    """Every placebo arm in the chosen population and designs; at the end those left out, with the reason."""
    used, rest = placebo_arms(review)
    studies = review.records.reference_class["studies"].set_index("study_id")
    return pd.DataFrame(
        [
            {
                "trial": arm.label,
                "people": arm.n,
                "change": round(arm.mean, 2),
                "standard error": round(arm.se, 2),
                "weeks": arm.week,
                "design": studies.design[arm.study_id],
                "used": f"yes: {spread(arm)}",
            }
            for arm in used
        ]
        + [
            {
                "trial": arm.label,
                "design": studies.design[arm.study_id],
                "used": f"no: {arm.reason}",
            }
            for arm in rest
        ]
    )


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings by name, with labels and numbers as in a report."""
    return pd.DataFrame(
        [
            {
                "quantity": finding.label,
                "value": page.value_text(finding),
                "from – to": page.interval_text(finding),
                "basis": finding.basis,
                "rests on": finding.note,
            }
            for finding in findings
        ]
    )
