"""Tables as other people write them: each kind of fault once, with the value that is right."""

from dataclasses import replace
from math import sqrt

import openpyxl
import pytest

from evidence_review.exchange.names import slug
from evidence_review.exchange.printed_figures import UnclearError, figures
from evidence_review.exchange.sheets import UnreadableError, read_grid
from evidence_review.exchange.understanding import About, NotUnderstoodError, Wishes, understand

OURS = frozenset(
    [
        "study",
        "arm",
        "role",
        "n",
        "mean",
        "sd",
        "change_mean",
        "change_sd",
        "p_change",
        "year",
        "week",
        "weeks",
        "outcome",
        "blinding",
        "design",
        "statistic",
        "value",
        "comparator",
        "n_events",
        "n_randomised",
        "responders_percent",
        "median",
        "q1",
        "q3",
        "treatment",
    ]
)
STATISTICS = frozenset(
    {"n", "n_events", "n_randomised", "responders_percent", "mean", "sd", "median", "q1", "q3"}
    | {"change_mean", "change_sd", "change_median", "change_q1", "change_q3", "p_change", "icc"}
    | {
        "person_time",
        "minimum",
        "maximum",
        "change_minimum",
        "change_maximum",
        "n_clusters",
        "difference",
        "p_difference",
    }
)
ABOUT = About("severity", "scale", "points", "zinc", "", 0.0, OURS | STATISTICS, STATISTICS)
LONG = """study,arm,role,n,mean,sd
Adams 2010,zinc,treatment,30,18.2,6.1
Adams 2010,placebo,placebo,31,21.4,6.0
"""
WIDE = """study,n1,mean1,sd1,n2,mean2,sd2
Adams 2010,30,18.2,6.1,31,21.4,6.0
"""
ARMS = [
    ("Adams 2010", "zinc", "treatment", {"n": "30", "mean": "18.2", "sd": "6.1"}),
    ("Adams 2010", "placebo", "placebo", {"n": "31", "mean": "21.4", "sd": "6.0"}),
]
REVMAN = (
    "Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,GIV Mean,"
    "GIV SE,Experimental mean,Experimental SD,Experimental cases,Experimental N,Control mean,"
    "Control SD,Control cases,Control N,O-E,Variance,Weight,Mean,CI start,CI end,Footnotes\n"
)


@pytest.fixture
def read(tmp_path):
    def understood(content, about=ABOUT, **wishes):
        path = tmp_path / "table.csv"
        if not isinstance(content, bytes):
            content = content.encode()
        path.write_bytes(content)
        wishes.setdefault("fill", {"week": "8"})
        return understand(read_grid(path), about, Wishes(**wishes))

    return understood


def arms(found):
    """Study, arm, role and figures of every group, the treated first."""
    return [
        (
            group.said["study"],
            group.said["arm"],
            group.said.get("role"),
            {name: figure.text or figure.value for (name, _), figure in group.figures.items()},
        )
        for group in found.groups
    ]


@pytest.mark.parametrize(
    "content",
    [
        LONG,
        WIDE,
        "\ufeff" + LONG,
        LONG.encode("utf-16"),
        LONG.replace(",", ";"),
        LONG.replace(",", "\t"),
        LONG.replace(",", ";").replace(".", ","),
        "Table 2,,,,,\n" + LONG,
        LONG + ",,,,,\n,,,,,\n",
        LONG + "Total,,,61,,\n",
        LONG.replace("\nAdams 2010,placebo", "\n,placebo"),
        LONG.replace("18.2", "18.200000000000003"),
        LONG.replace("Adams 2010,placebo", "Adams\u00a02010 ,placebo"),
        LONG.replace("18.2,6.1", "18.2 ± 6.1,").replace("21.4,6.0", "21.4 (6.0),"),
        LONG.replace("sd", "SD (points)").replace("mean", "Mean score"),
        '"study\n(author)"' + LONG.removeprefix("study").replace("Adams 2010", '"Adams\n2010"'),
        "study,n_t,mean_t,sd_t,n_c,mean_c,sd_c\n" + WIDE.partition("\n")[2],
        ",,Zinc,,,Placebo,,\nStudy,Year,n,Mean,SD,n,Mean,SD\nAdams,2010,30,18.2,6.1,31,21.4,6.0\n",
        "slab,n1i,m1i,sd1i,n2i,m2i,sd2i,yi,vi\nAdams 2010,30,18.2,6.1,31,21.4,6.0,-3.2,2.4\n",
        "author,year,n.e,mean.e,sd.e,n.c,mean.c,sd.c\nAdams,2010,30,18.2,6.1,31,21.4,6.0\n",
        "study,arm,statistic,value\n"
        + "".join(
            f"Adams 2010,{arm},{name},{value}\n"
            for arm, values in (("zinc", "30 18.2 6.1"), ("placebo", "31 21.4 6.0"))
            for name, value in zip(("n", "mean", "sd"), values.split(), strict=True)
        ),
        REVMAN + "1,1,severity,,,Adams 2010,2010,,,18.2,6.1,,30,21.4,6.0,,31,,,,,,,\n",
    ],
)
def test_one_trial_in_every_dialect_and_layout(read, content):
    assert arms(read(content)) == ARMS


def test_the_same_in_a_workbook_with_the_decimals_that_it_shows(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Table 2. Results"])
    sheet.append(["Study", "Arm", "n", "Mean", "SD"])
    sheet.append(["Adams 2010", "zinc", 30, 18.2, 6.1])
    sheet.append([None, "placebo", 31, 21.4, 6])
    sheet.cell(4, 5).number_format = "0.0"
    sheet.merge_cells("A3:A4")
    book.create_sheet("Notes").append(["later"])
    book.save(tmp_path / "table.xlsx")
    found = understand(read_grid(tmp_path / "table.xlsx"), ABOUT, Wishes(fill={"week": "8"}))
    assert arms(found) == ARMS
    assert any("sheet Notes" in line for line in found.left_out)
    assert any("Table 2. Results" in line for line in found.left_out)


REVMAN5 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<COCHRANE_REVIEW><STUDIES><STUDY ID="STD-Adams-2010" NAME="Adams 2010" YEAR="2010"/></STUDIES>
<ANALYSES_AND_DATA><COMPARISON NO="1"><CONT_OUTCOME NO="1" EFFECT_MEASURE="MD"><NAME>severity</NAME>
<GROUP_LABEL_1>zinc</GROUP_LABEL_1><GROUP_LABEL_2>placebo</GROUP_LABEL_2>
<CONT_SUBGROUP><NAME>all</NAME><CONT_DATA STUDY_ID="STD-Adams-2010" MEAN_1="18.2" SD_1="6.1"
TOTAL_1="30" MEAN_2="21.4" SD_2="6.0" TOTAL_2="31"><FOOTNOTE>caf\xe9</FOOTNOTE></CONT_DATA>
</CONT_SUBGROUP></CONT_OUTCOME></COMPARISON></ANALYSES_AND_DATA></COCHRANE_REVIEW>"""


def test_a_review_of_revman_5(read):
    assert arms(read(REVMAN5.encode("latin-1"))) == ARMS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 no workbook", "this Excel workbook cannot be read"),
        (b"\xd0\xcf\x11\xe0 old", "save it as .xlsx"),
        (b"%PDF-1.4", "this is a PDF"),
        (b"<html></html>", "not a review of RevMan 5"),
        (b"<COCHRANE_REVIEW>", "cut short"),
        (b"just words\nmore words\n", "single column"),
        (b'study,mean\n"Adams,1\n', "double quote"),
    ],
)
def test_what_is_no_table_says_what_to_do(tmp_path, text, says):
    path = tmp_path / "table"
    path.write_bytes(text)
    with pytest.raises(UnreadableError, match=says):
        read_grid(path)


def test_counts_of_people_with_an_event(read):
    text = "Trial;Deaths (treatment);Total (treatment);Deaths (control);Total (control);Comment\n"
    found = read(text + "ISIS-4 1995;2216;29011;2103;29039;large\n", fill={})
    assert [held for *_, held in arms(found)] == [
        {"n_events": "2216", "n": "29011"},
        {"n_events": "2103", "n": "29039"},
    ]
    (left_out,) = found.left_out
    assert left_out.startswith("column Comment (use one with --map OURS=COLUMN; OURS is ")
    # The review's words may be those of the columns.
    deaths = replace(ABOUT, outcome="deaths after a heart attack", treatment="iv magnesium")
    text = "trial,deaths_magnesium,n_magnesium,deaths_control,n_control\nMorton 1984,1,40,2,36\n"
    found = arms(read(text, about=deaths, fill={}))
    assert [held for *_, held in found] == [
        {"n_events": "1", "n": "40"},
        {"n_events": "2", "n": "36"},
    ]
    # The tables of metafor's dat.bcg, and of `escalc(ai, bi, ci, di)`.
    for names in ("tpos,tneg,cpos,cneg", "ai,bi,ci,di"):
        found = read(f"trial,author,year,{names}\n1,Aronson,1948,4,119,11,128\n", fill={})
        assert arms(found) == [
            ("Aronson 1948", "zinc", "treatment", {"n_events": "4", "n": "123"}),
            ("Aronson 1948", "placebo", "placebo", {"n_events": "11", "n": "139"}),
        ]


@pytest.mark.parametrize(
    "text",
    [
        "Study,OR (95% CI)\nRoe 2001,1.45 (1.02 to 2.08)\n",
        'Study,OR (95% CI)\nRoe 2001,"1.45 [1.02, 2.08]"\n',
        "Study;odds ratio;95% CI\nRoe 2001;1,45;1,02-2,08\n",
        "study,estimate,ci_low,ci_high,measure\nRoe 2001,1.45,1.02,2.08,OR\n",
        "Study,OR,lower,upper\nRoe 2001,1.45,1.02,2.08\n",
    ],
)
def test_an_estimate_with_its_interval(read, text):
    (treated, _) = arms(read(text, fill={}))
    names = ("estimate", "estimate_ci_low", "estimate_ci_high")
    assert treated[3] == dict(zip(names, ("1.45", "1.02", "2.08"), strict=True))


def test_an_estimate_on_a_logarithm_with_its_variance(read):
    """They stay what is printed: the logarithm, and its standard error, 0.2."""
    for text, columns, fill in (
        ("slab,yi,vi\nSmith 2001,-0.5,0.04\n", {"log OR": "yi"}, {}),
        ("slab,yi,sei\nSmith 2001,-0.5,0.2\n", {}, {"measure": "OR"}),
        ("slab,logOR,variance\nSmith 2001,-0.5,0.04\n", {}, {}),
    ):
        (treated, _) = read(text, fill=fill, columns=columns).groups
        value, se = (treated.figures[name, ""] for name in ("estimate", "estimate_se"))
        assert (value.value, float(se)) == ("-0.5", 0.2)
        assert value.unit == se.unit == "log odds ratio"
    with pytest.raises(NotUnderstoodError, match=r"--fill measure=MD or .*OR or") as error:
        read("slab,yi,vi\nSmith 2001,-0.5,0.04\n", fill={})
    assert error.value.asks == "measure"


def test_a_standard_error_gives_the_sd(read):
    text = "study,arm,role,n,mean,se\nAdams 2010,zinc,treatment,30,18.2,1.11\n"
    (group,) = read(text).groups
    sd = group.figures["sd", ""]
    assert float(sd) == pytest.approx(1.11 * sqrt(30), rel=1e-4)
    assert sd.basis == "derived"
    assert "SE of 1.11" in sd.rule


def test_means_below_the_lowest_score_are_changes(read):
    text = "study,n1,mean1,sd1,n2,mean2,sd2\nAdams 2010,30,-8.2,6.1,31,-4.4,6.0\n"
    found = read(text)
    assert arms(found)[0][3] == {"n": "30", "change_mean": "-8.2", "change_sd": "6.1"}
    assert any("means are changes" in line for line in found.assumed)
    assert arms(read(text, values="scores"))[0][3]["mean"] == "-8.2"
    assert "change_mean" in arms(read(WIDE, values="changes"))[0][3]


def test_weeks_and_baseline_in_the_names_of_columns(read):
    text = "study,n1,Baseline mean (zinc),Mean zinc at 2 months,n2,Mean placebo at 2 months\n"
    found = read(text + "Adams 2010,30,25,18,31,21\n", fill={})
    assert {key for group in found.groups for key in group.figures} == {
        ("n", ""),
        ("mean", "0"),
        ("mean", "8.7"),
    }


@pytest.mark.parametrize(
    ("heading", "cell", "week"),
    [
        ("months", "6", "26.1"),  # 6 * 365.25 / 12 / 7
        ("Follow-up (months)", "3", "13"),
        ("Follow-up (days)", "56", "8"),
        ("Follow-up (years)", "1", "52.2"),
        ("Follow-up (wk)", "8", "8"),
        ("week", "2 months", "8.7"),
        ("Follow-up (years)", "6 months", "26.1"),
    ],
)
def test_a_time_in_another_unit_is_turned_into_weeks(read, heading, cell, week):
    """By its name, and also where a person maps the column, or gives the time: 3 months were week 3."""
    text = f"study,{heading},n1,mean1,sd1,n2,mean2,sd2\nAdams 2010,{cell},30,18,6,31,21,6\n"
    ways = [{}, {"columns": {"week": heading}}]
    found = [read(text, fill={}, **way).groups[0].said["week"] for way in ways]
    assert found == [week, week]


def test_a_time_that_a_person_gives_is_turned_into_weeks(read):
    assert read(WIDE, fill={"week": "2 months"}).groups[0].said["week"] == "8.7"


@pytest.mark.parametrize("cell", ["3-6 months", "at discharge", "3 months or more"])
def test_a_time_that_is_not_one_number_stays_as_it_is_written(read, cell):
    text = f"study,week,n1,mean1,sd1,n2,mean2,sd2\nAdams 2010,{cell},30,18,6,31,21,6\n"
    assert read(text, fill={}).groups[0].said["week"] == cell


def test_p_values(read):
    text = "study,arm,role,n,change_mean,p_change\n" + "".join(
        f"Adams 2010,zinc {place},treatment,30,−6.2,{p}\n"
        for place, p in enumerate(("<0.001", "0.000", "NS", "P = .03", ""))
    )
    found = [group.figures.get(("p_change", "")) for group in read(text).groups]
    told = [one and (one.comparator, one.value, one.text) for one in found]
    assert told == [
        ("<", "0.001", ""),
        ("<", "0.0005", ""),
        ("=", "", "NS"),
        ("=", ".03", ""),
        None,
    ]


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("n", "1,031", "1031"),
        ("n", "72 476", "72476"),
        ("mean", "-3,4", "-3.4"),
        ("mean", "17.049999999999997", "17.05"),
        ("mean", "11.00", "11.00"),
        ("responders_percent", "45%", "45"),
        ("n_events", "12 (40%)", "12"),
    ],
)
def test_cells(name, text, right):
    assert figures(name, text)[name].value == right


def test_digits_of_the_machine_are_not_printed():
    """664 / 31: its decimals say nothing of what a paper prints."""
    assert figures("mean", repr(664 / 31))["mean"].basis == "derived"
    assert figures("p", "0.00012")["p"].basis == "reported"


def test_a_comma_that_may_be_thousands_or_decimals_is_asked_about():
    with pytest.raises(UnclearError, match=r"write 1031 or 1\.031"):
        figures("mean", "1,031")


def test_two_columns_of_one_name_are_never_guessed(read):
    text = "study,year,mean,sd,n,mean,sd,n\nAdams 2010,2010,18.2,6.1,30,21.4,6.0,31\n"
    with pytest.raises(NotUnderstoodError) as error:
        read(text)
    assert "'mean (C)' and 'mean (F)'" in str(error.value)
    columns = dict(zip(("mean1", "sd1", "n1", "mean2", "sd2", "n2"), "CDEFGH", strict=True))
    assert [held["mean"] for *_, held in arms(read(text, columns=columns))] == ["18.2", "21.4"]


def test_shares_under_the_name_of_percentages(read):
    text = "study,arm,role,n,responders_percent\nAdams 2010,zinc,treatment,30,0.45\nAdams 2010,placebo,placebo,31,0.3\n"
    with pytest.raises(NotUnderstoodError, match="so they may be shares"):
        read(text)
    found = read(text, columns={"share": "responders_percent"})
    assert [held["responders_percent"] for *_, held in arms(found)] == ["45", "30"]


def test_a_row_that_cannot_be_estimated_does_not_refuse_the_others(read):
    row = "1,1,severity,,,{},2010,0,0,{},6.1,0,{},21.4,{},0,31,0,0,12.5,-3.2,-6.2,-0.2,\n"
    none = "1,1,severity,,,Lee 2011,2011,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,\n"
    found = read(REVMAN + row.format("Adams 2010", "18.2", "30", "6.0") + none)
    assert arms(found) == ARMS
    assert any("Lee 2011 has no people" in line for line in found.left_out)


def test_a_trial_without_events_is_kept(read):
    row = "2,1,Responders,,,{},2011,,,,,{},40,,,{},38,,,,,,,\n"
    found = read(REVMAN + row.format("Smith 2010", 12, 7) + row.format("Lee 2011", 0, 0))
    assert [held["n_events"] for *_, held in arms(found)] == ["12", "7", "0", "0"]
    assert {group.said["outcome"] for group in found.groups} == {"Responders"}


def test_a_control_group_in_two_rows(read):
    other = WIDE.splitlines()[1].replace("30,18.2,6.1", "32,17.0,5.5")
    one_study = read(WIDE + other + "\n")
    assert [arm for _, arm, *_ in arms(one_study)] == ["zinc", "placebo", "zinc, row 3"]
    two = read(WIDE + other.replace("Adams 2010", "Adams 2010 high") + "\n")
    assert "would count twice" in two.doubts[0]
    with pytest.raises(NotUnderstoodError, match="is in row 2 too, with other figures"):
        read(WIDE + other.replace("21.4", "22.0") + "\n")


def test_a_column_that_says_nothing_of_the_outcome_is_no_result(read):
    found = read(WIDE.replace("sd2", "sd2,Mean age zinc").replace("6.0\n", "6.0,54.2\n"))
    assert arms(found) == ARMS
    (left_out,) = found.left_out  # our name that is like the column's comes first
    assert left_out.startswith(
        "column Mean age zinc (use one with --map OURS=COLUMN; OURS is mean, study, arm, "
    )


def test_a_name_that_is_not_ours_is_answered_with_ours_the_nearest_first(read):
    for wrong, near in (
        ("men1", "mean1"),
        ("sdd2", "sd2"),
        ("wek", "week"),
        ("evnts1", "n_events1"),
    ):
        with pytest.raises(NotUnderstoodError) as raised:
            read(WIDE.replace("sd2", "sd2,Other"), columns={wrong: "Other"})
        assert f"'{wrong}' is not one of our names; write {near}, study, " in str(raised.value)


def test_means_without_a_week_are_asked_about(read):
    with pytest.raises(NotUnderstoodError, match="--fill week=VALUE") as error:
        read(WIDE, fill={})
    assert error.value.asks == "week"


def test_names_in_any_script_have_an_id_of_their_own():
    names = ["Иванов 2010", "Петров 2010", "王 2019", "Müller 2010", "Şahin 2015", "Παπάς 2001"]
    ids = [slug(name, "") for name in names]
    assert len(set(ids)) == len(names)
    assert all(one.isascii() and one[0].isalpha() for one in ids)


def test_an_arm_without_a_result_stays_an_arm_of_its_trial(read):
    """Else a randomised trial would be told as a study of one arm."""
    text = LONG + "Baker 2012,zinc,treatment,40,,\nBaker 2012,placebo,placebo,38,,\n"
    found = read(text.replace("31,21.4,6.0", "31,,"))
    assert [(study, arm, held) for study, arm, _, held in arms(found)] == [
        ("Adams 2010", "zinc", {"n": "30", "mean": "18.2", "sd": "6.1"}),
        ("Adams 2010", "placebo", {"n": "31"}),
    ]
    assert [line.partition(":")[0] for line in found.left_out] == ["row 3", "row 4", "row 5"]


def test_the_spread_beside_a_change_is_of_the_change(read):
    text = "study,Weeks,n drug,Change drug,SE drug,n placebo,Change placebo,SE placebo\n"
    found = read(text + "Oertel 2007,6,230,-12.3,0.6,115,-5.7,0.9\n", fill={})
    assert arms(found)[0][3] == {"n": "230", "change_mean": "-12.3", "change_se": "0.6"}
    assert {group.said["week"] for group in found.groups} == {"6"}


def test_of_two_columns_of_arms_the_one_that_differs_is_taken(read):
    text = "study,treatment,arm_label,n,mean,sd\nAdams 2010,zinc 20 mg,zinc,30,18.2,6.1\n"
    found = read(text + "Adams 2010,zinc 20 mg,placebo,31,21.4,6.0\n")
    assert arms(found) == ARMS
    assert {group.said["treatment"] for group in found.groups} == {"zinc 20 mg"}


def test_quartiles_and_range_beside_a_change_are_of_the_change(read):
    right = {"n": "33", "change_median": "-6", "change_q1": "-14", "change_q3": "1"}
    right |= {"change_minimum": "-38", "change_maximum": "30"}
    values = "Adams 2010,placebo,33,-6,-14,1,-38,30\n"
    for names in (
        "median change,q1 change,q3 change,minimum change,maximum change",
        "change median,Q1,Q3,min,max",
        "change_median,change_q1,change_q3,change_minimum,change_maximum",
    ):
        ((*_, figures),) = arms(read(f"study,arm,n,{names}\n{values}"))
        assert figures == right
    table = f"study,arm,n,median,q1,q3,lowest,highest\n{values}"
    ((*_, figures),) = arms(read(table, values="changes"))
    assert figures == right


def test_min_beside_another_statistic_or_as_the_unit_is_minutes(read):
    text = "study,arm,role,n,mean (min),sd (min)\nAdams 2010,zinc,treatment,30,18.2,6.1\n"
    assert arms(read(text)) == ARMS[:1]
    minutes = replace(ABOUT, unit="min")
    text = "study,n1,zinc (min) mean,sd1,n2,placebo (min) mean,sd2\n" + WIDE.partition("\n")[2]
    assert arms(read(text, about=minutes)) == ARMS


def test_no_statistic_is_lost_as_a_fact_about_its_study(read):
    """How alike people of one group are belongs to both arms; a number of groups, to one."""
    wide = "study,design,n1,mean1,sd1,n2,mean2,sd2,ICC,clusters,difference,p\n"
    found = read(wide + "Adams 2010,cluster,30,18.2,6.1,31,21.4,6.0,0.05,20,-3.2,0.04\n")
    treated, control = (one[3] for one in arms(found))
    assert (treated["icc"], control["icc"]) == ("0.05", "0.05")
    assert (treated["difference"], treated["p_difference"]) == ("-3.2", "0.04")
    assert "difference" not in control
    (told,) = (line for line in found.left_out if "clusters" in line)
    assert "--map n_clusters1=COLUMN" in told
    long = LONG.replace("sd\n", "sd,icc,clusters\n").replace("6.1\n", "6.1,0.05,9\n")
    treated, _ = (one[3] for one in arms(read(long.replace("6.0\n", "6.0,0.05,11\n"))))
    assert (treated["icc"], treated["n_clusters"]) == ("0.05", "9")


def test_time_that_people_were_followed(read):
    names = "study,events (zinc),Person-years (zinc),events (control),patient years (control)\n"
    treated, control = (one[3] for one in arms(read(names + "Adams 2010,31,210.5,48,205.0\n")))
    assert treated == {"n_events": "31", "person_time": "210.5"}
    assert control == {"n_events": "48", "person_time": "205.0"}


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("name", ["difference", "MD", "Mean difference"])
def test_a_difference_with_its_p_is_enough(read, people, name):
    """However the column is called, and with or without the people of each arm."""
    n = ",n1,n2" if people else ""
    found = arms(read(f"study{n},{name},p\nAdams 2010{',30,31' if people else ''},-3.2,0.04\n"))
    treated = {"n": "30"} if people else {}
    control = {"n": "31"} if people else {}
    assert found == [
        (
            "Adams 2010",
            "zinc",
            "treatment",
            treated | {"difference": "-3.2", "p_difference": "0.04"},
        ),
        ("Adams 2010", "placebo", "placebo", control),
    ]


@pytest.mark.parametrize(
    ("names", "cells", "limits"),
    [
        ("MD,lower,upper", "-3.2,-6.30,-0.10", {"ci_low": "-6.30", "ci_high": "-0.10"}),
        ("MD (95% CI)", "-3.2 (-6.30 to -0.10)", {"ci_low": "-6.30", "ci_high": "-0.10"}),
        ("yi,sei", "-3.2,1.55", {"se": "1.55"}),
        ("MD", "-3.2", {}),
    ],
)
def test_a_difference_beside_means_is_kept_if_asked_for_and_told_of_if_not(
    read, names, cells, limits
):
    header, row, _ = WIDE.split("\n")
    table = f"{header},{names}\n{row},{cells}\n"
    found = read(table)
    assert arms(found) == ARMS
    (told,) = found.left_out
    assert names.replace(",", ", ") in told
    assert f"--fill measure={'MEASURE' if 'yi' in names else 'MD'} keeps it" in told
    found = read(table, fill={"week": "8", "measure": "MD"})
    kept = {"difference": "-3.2"} | {f"difference_{end}": value for end, value in limits.items()}
    (*who, figures), control = ARMS
    assert arms(found) == [(*who, figures | kept), control]
    assert not found.left_out


@pytest.mark.parametrize("people", ["", ",n1,n2"])
def test_an_estimate_of_no_named_measure_asks_for_it_and_for_nothing_else(read, people):
    cells = ",30,31" if people else ""
    with pytest.raises(NotUnderstoodError) as refused:
        read(f"study{people},estimate,p\nAdams 2010{cells},-3.2,0.04\n")
    ((_, says),) = refused.value.problems
    assert says.startswith("the measure of the estimates is missing: add --fill measure=MD or")
