"""Answers of many kinds, thought up before the feedback on them was seen, and none of the other tests'.

A right answer is refused in no sensible form. A wrong one is never right, and hears what was done (the name
of the mistake), or something true of any wrong answer (HINT, or CLOSE where rounding is all), or how to write it (FORM).
Numbers are worked out by hand from the abstracts.
"""

import pytest

from evidence_review.course.answer_cells import tolerant
from evidence_review.course.feedback import CLOSE, MISTAKE, RIGHT, UNREADABLE, WRONG

HINT, FORM = WRONG, UNREADABLE

RIGHT_ANSWERS = {
    "people-in-a-group": ["25 persons", "75/3 = 25", "25 each", "twenty-five", "25 people per arm", "N = 25"],
    "element": ["approx. 151 mg", "0.151 g", "250*0.603", "150.75mg", "roughly 151", "250 x 0.603 mg"],
    "lower-limit": ["minus 11", "-11 pts", "(-11)", "- 11", "−11.0"],
    "standard-error": ["1.97 pts", "SE = 1.97", "SE: 1.97", "8.67/4.402", "4.335 ÷ 2.201", "≈1.97", "ca. 1,97"],
    "standard-deviation": ["8.70 points", "1.644*28^0.5", "1.644 x sqrt(28)", "1.644*28**.5", "SD = 8.7"],
    "spread-of-a-change": ["20.4 movements per hour", "√417", "20.42/h", "20.4 per hour", "sqrt(256 + 529 - 368)"],
    "standardised": ["-1.67 standard deviations", "minus 1.67", "−12.7 ÷ 7.6", "-1.671", "-1.67 SDs"],
    "expected-fall": ["-0.4 * 5.6", "-2.24 pts", "minus 2.24 points", "-2.2", "a change of -2.24"],
    "share-of-placebo": ["27 percent", "27 per cent", "about 0.27", "0.268", "1.8/6.7", ".27", "1.8 ÷ 6.7"],
    "as-good": ["57.1", "16/28*100", "57 %.", "16/28 = 57%", "about 57 percent"],
    "beyond": ["+0.05", "0,05 pts", "0.05 points worse"],
    "spread": ["√(2.95² + 0.60² + 1.97²)", "3.598", "sqrt(12.94)", "SD: 3.6"],
    "boundary": ["−12.90 points", "-6.72 - 2.052*3.01", "minus 12.9"],
    "middle": ["0.46 pts", "8.5 - 8.045", "0.455 points above", "8.5-(2.09+14)/2"],
    "whole-sum": ["eighty", "80.0", "80 pts", "12 x 6.67 = 80"],
    "levels": ["three levels", "3 levels down", "minus 3", "1 + 2"],
    "along-with": ["contradicted by the source", "Contradicted!", "contradicts", "the source contradicts it"],
    "design": ["single-arm", "Single arm trial, no control group", "one-arm study", "before-after study"],
    "guideline": ["Not verified yet", "unverified, I think", "could not be verified"],
    "which-group": ["in both", "both of them", "treated and placebo alike"],
    "how-often": ["3/4", "75 %", "three-quarters", "three out of four trials", "3 of 4"],
    "standing": ["it's common", "quite common", "Common!"],
    "randomisation": ["Some concerns.", "some-concerns", "there are some concerns"],
    "measurement": ["high risk of bias", "High."],
    "uncontrolled": ["critical risk", "Critical!", "at critical risk of bias"],
    "what-next": ["probably a misprint", "typographical error", "a printing error"],
    "start": ["starts high", "at high"],
    "level": ["very-low", "Very low certainty", "VERY LOW"],
    "wording": ["The evidence is very uncertain", "evidence very uncertain", "uncertain"],
}  # fmt: skip

# A second list, made when the first was read rightly.
RIGHT_SENTENCES = {
    "people-in-a-group": ["25 participants in each group", "There are 25 people", "25 (75 / 3)"],
    "lower-limit": ["lower limit: -11", "-11 points (end minus baseline)", "the lower limit is −11"],
    "standard-error": ["about 1.97 points", "The standard error is 1.97", "it is 1.97", "(11.00-2.33)/(2*2.201)"],
    "standard-deviation": ["the SD is 8.7 points"],
    "expected-fall": ["-2.24 (better)", "I expect: -2.24"],
    "share-of-placebo": ["26.9%", "27/100", "27 in 100"],
    "as-good": ["57 in 100", "57 out of 100", "57% (16 of 28)"],
    "whole-sum": ["80 (80.04 rounded)", "eighty points"],
    "levels": ["3 (1 + 2)"],
    "design": ["no control group", "uncontrolled trial"],
    "guideline": ["no source found"],
    "what-next": ["likely a typo"],
    "wording": ["we do not know"],
    "start": ["High level"],
    "measurement": ["at high risk"],
}  # fmt: skip

WRONG_ANSWERS = {
    "people-in-a-group": [("3", HINT), ("225", HINT), ("37", "treated and untreated"), ("72", HINT), ("0", HINT), ("15", HINT), ("25%", FORM), ("50", HINT)],
    "element": [("99.25", "the oxygen"), ("415", "upside down"), ("60.3", HINT), ("1508", "decimal point"), ("250.603", HINT), ("249.4", HINT), ("125", HINT)],
    "lower-limit": [("-9", HINT), ("2.33", "the upper limit as printed"), ("-15.34", HINT), ("-4.34", HINT), ("-8.67", HINT), ("0", HINT), ("-13.33", HINT), ("11 to 2.33", FORM)],
    "standard-error": [("0.72", HINT), ("2.5", HINT), ("1.25", "t and width over root n"), ("0.57", "divided by root n again"), ("3.94", "width for half-width"), ("4.42", HINT),
            ("19.08", HINT), ("9.54", HINT), ("6.67", "the middle"), ("11", HINT), ("2.201", HINT), ("1.96", HINT), ("12", HINT)],
    "standard-deviation": [("0.31", "upside down"), ("46.03", "n for root n"), ("8.54", "n - 1 for n"), ("16.44", HINT), ("87", "decimal point"), ("4.35", HINT), ("28", HINT), ("5.29", HINT), ("0.0587", HINT)],
    "spread-of-a-change": [("34", "correlation added"), ("19.5", "the mean of the two"), ("4.52", "root twice"), ("785", HINT), ("16", HINT), ("23", HINT), ("368", HINT), ("11.5", HINT), ("19.2", HINT), ("14", HINT), ("3.5", HINT)],
    "standardised": [("-0.6", "upside down"), ("-0.22", "variance for SD"), ("-96.5", HINT), ("-5.1", HINT), ("-20.3", HINT), ("-4.6", HINT), ("12.7", HINT), ("-16.7", "decimal point"), ("-167%", FORM)],
    "expected-fall": [("-12.32", HINT), ("30.8", HINT), ("0", HINT), ("-0.4", HINT), ("-10.08", HINT), ("5.6", HINT), ("0.4", HINT), ("3.36", HINT), ("27.44", HINT)],
    "false-alarms": [("5%", FORM), ("0", HINT), ("12", HINT)],
    "share-of-placebo": [("4.9", "a difference"), ("0.73", "the rest"), ("12.1", HINT), ("8.5", HINT), ("0.21", HINT), ("73%", "the rest"), ("1.8", HINT), ("6.7", HINT)],
    "as-good": [("12", HINT), ("28", HINT), ("5.7", "decimal point"), ("64.3", HINT), ("100", HINT), ("175", HINT), ("-57", HINT)],
    "beyond": [("13.39", HINT), ("-6.72", HINT), ("6.67", HINT), ("0.5", "decimal point"), ("0.99", HINT), ("-0.10", HINT)],
    "spread": [("3.55", HINT), ("1.84", HINT), ("1.9", HINT), ("4.92", HINT), ("1.97", HINT), ("2.95", HINT)],
    "boundary": [("-9.73", HINT), ("6.18", "only the reach"), ("-14.0", "SDs added"), ("-6.72", "the average"), ("-12.77", HINT), ("-18.9", HINT), ("-13", CLOSE)],
    "middle": [("5.955", "half-width"), ("6.41", "from the lower limit"), ("5.5", HINT), ("0.91", HINT), ("11.91", HINT), ("0.5", CLOSE), ("16.09", HINT)],
    "whole-sum": [("7", "a mean, not a sum"), ("0.56", HINT), ("6.67", HINT), ("18.67", HINT), ("79", HINT), ("81", HINT), ("800", "decimal point"), ("12", HINT), ("87", HINT)],
    "levels": [("1", HINT), ("5", HINT), ("0", HINT), ("10", HINT), ("6", HINT), ("one or two", FORM)],
    "along-with": [("not checkable", HINT), ("true", FORM), ("not contradicted", FORM), ("unproven", HINT)],
    "design": [("crossover", HINT), ("randomised", FORM), ("case control", HINT), ("two groups", FORM)],
    "guideline": [("false", HINT), ("not checkable", HINT), ("I don't know", FORM)],
    "which-group": [("neither", HINT), ("only placebo", HINT), ("treated", HINT)],
    "how-often": [("25%", HINT), ("half", HINT), ("0.05", HINT), ("always", FORM)],
    "standing": [("uncommon", HINT), ("not common", HINT), ("very unusual", HINT)],
    "randomisation": [("high risk", HINT), ("none", FORM)],
    "measurement": [("unclear", FORM), ("low", HINT)],
    "uncontrolled": [("moderate", HINT), ("high", FORM), ("low risk", HINT)],
    "what-next": [("fraud", HINT), ("ignore it", HINT), ("no misprint", FORM)],
    "start": [("moderate", HINT), ("very low", HINT)],
    "level": [("low", HINT), ("moderate or low", FORM)],
    "wording": [("probably improves", HINT), ("helps", HINT), ("improves a lot", HINT), ("does not improve", FORM)],
}  # fmt: skip

# A third list, of sentences, other words and results of sums; of 119 right ones 40 were refused at first.
RIGHT_IN_WORDS = {
    "people-in-a-group": ["25 people (75/3)", "75 divided by 3 is 25", "so 25", "25 in every group", "25 patients per group", "twenty five people", "25!"],
    "along-with": ["contradicted, because nobody took both", "The verdict is contradicted", "CONTRADICTED!!", "it's contradicted by the trial",
        "a contradiction"],
    "element": ["150.8 milligrams of magnesium", "250 mg × 0.603 = 150.75 mg", "~150", "151 mg Mg", "around 150.8"],
    "design": ["single-armed", "uncontrolled before-after trial", "one group only", "a single arm trial (no control)", "It is a single arm design"],
    "guideline": ["unverified (no source)", "not yet verified", "no source was found", "cannot verify it"],
    "lower-limit": ["-11.00", "negative 11", "it's -11", "minus eleven", "−11 points on the scale"],
    "standard-error": ["1.97 (points)", "((11-2.33)/2)/2.201", "1.9696", "SE≈1.97", "SE=(11-2.33)/2/2.201=1.97", "approximately 1.97", "8.67 / 2 / 2.201",
        "se 1.97"],
    "standard-deviation": ["√28 × 1.644", "sqrt(28)*1.644", "1.644·√28 = 8.7", "8.699", "1.644 times sqrt(28)", "28**0.5*1.644"],
    "spread-of-a-change": ["√(16² + 23² − 16·23)", "sqrt(16*16+23*23-2*.5*16*23)", "20.4 movements/h", "20.42 movements per hour of sleep"],
    "standardised": ["-1.67 SD units", "-(12.7/7.6)", "−12.7/7.6 = −1.67"],
    "expected-fall": ["-2.24 points (an improvement)", "(0.6-1)*(30.8-25.2)", "25.2+0.6*5.6-30.8", "change: -2.24", "-2.24 points, i.e. better"],
    "share-of-placebo": ["0.27 of it", "around 27%", "1.8 : 6.7", "27 out of 100", "a share of 0.27"],
    "which-group": ["both groups equally", "in each of them", "treated as well as placebo", "Both, because of selection"],
    "how-often": ["75 out of 100", "about 75%", "3 times in 4", "three-fourths", "0,75", "three of four"],
    "as-good": ["16 of 28, so 57%", "57.14 %", "fifty-seven percent", "100*16/28 = 57.1", "57.1 % of the arms"],
    "beyond": ["0.05 points worse than placebo", "-6.67+6.72 = 0.05", "+0.05 points", "0.05 (practically nothing)"],
    "spread": ["√(2.95²+0.6²+1.97²) = 3.6", "sqrt(8.7+0.36+3.88)", "SD = 3.60 points"],
    "boundary": ["-12.90", "−6.72 − 2.052 × √(2.95² + 0.6²)", "a change of -12.9 points", "minus 12.9 points"],
    "standing": ["common, as it is about average", "a common result", "common (near the mean)"],
    "randomisation": ["some concerns (no information)", "Some Concerns about it"],
    "measurement": ["high, they rate themselves", "High risk!"],
    "uncontrolled": ["critical, nothing was compared", "critical risk of bias overall"],
    "middle": ["8.5 − (2.09+14.00)/2", "0.46 points above the middle", "8.5-8.045 = 0.455"],
    "whole-sum": ["80 points in total", "12 × 6.67 ≈ 80", "sum: 80", "the sum is 80"],
    "what-next": ["most likely a misprint", "a typing mistake", "misprint - ask the authors", "a printing mistake"],
    "start": ["level: high", "they start at high"],
    "levels": ["1×1 + 1×2 = 3", "3 levels in total", "-3 levels", "three levels down"],
    "level": ["it ends at very low", "very low, the bottom"],
    "wording": ["very uncertain about its effect", "It's very uncertain", "not known whether it helps"],
}  # fmt: skip

WRONG_IN_WORDS = {
    "people-in-a-group": [("150", HINT), ("12.5", HINT), ("2.5", "decimal point"), ("28", HINT), ("75 people", "everybody"), ("38", "treated and untreated"),
        ("1/3", HINT), ("25 mg", FORM), ("25 groups", FORM), ("a third", FORM)],
    "element": [("0.603 mg", "ratio only"), ("24.3", HINT), ("166", HINT), ("180", HINT), ("250*0.397", "the oxygen"), ("62.5", HINT), ("301.5", HINT),
        ("75.4", HINT), ("250 - 150.75", "the oxygen")],
    "lower-limit": [("6.67", HINT), ("-11.67", HINT), ("-1.1", "decimal point"), ("-12.7", HINT), ("11 and 2.33", FORM), ("-11 mg", FORM),
        ("minus 2.33", "wrong limit"), ("plus 11", "sign turned")],
    "standard-error": [("4.3", "half-width for SE"), ("0.36", "divided by n"), ("10.47", "brackets forgotten"), ("6.8", "SD for SE"), ("1.8", HINT),
        ("2.02", HINT), ("19.7", "decimal point"), ("1.97 SD", FORM), ("5.5", HINT), ("(11-2.33)/2", "half-width for SE"),
        ("(11-2.33)/4", "a rule of thumb"), ("11-2.33/2/2.201", "brackets forgotten"), ("(11-2.33)/(2*1.96)", "z for t"), ("sqrt(1.97)", HINT)],
    "standard-deviation": [("8.5", "n - 1 for n"), ("1.64", "SE for SD"), ("75.68", "variance for SD"), ("2.57", HINT), ("17.4", HINT), ("0.87", "decimal point"),
        ("8.7%", FORM), ("13.2", HINT), ("1.644*28", "n for root n"), ("1.644*sqrt(27)", "n - 1 for n"), ("1.644/5.29", "upside down")],
    "spread-of-a-change": [("416", HINT), ("601", HINT), ("204", "decimal point"), ("22", HINT), ("32.6", HINT), ("20", CLOSE), ("16+23", "SDs added"),
        ("sqrt(16^2+23^2)", "correlation forgotten"), ("20.4 %", FORM)],
    "standardised": [("1.7", "sign turned"), ("0.6", HINT), ("-1.2", HINT), ("-7.6", HINT), ("-1.7", CLOSE), ("-1.67 points", FORM), ("large", FORM),
        ("12.7/7.6", "sign turned")],
    "expected-fall": [("28.6", "the later score"), ("-3.4", "the part that stays"), ("-0.224", "decimal point"), ("-1.4", HINT), ("22.96", HINT),
        ("-3.6", "the correlation squared"), ("-4.48", HINT), ("-(30.8-25.2)", "all the way")],
    "false-alarms": [("-1", HINT), ("50%", FORM), ("nearly all", FORM)],
    "share-of-placebo": [("3.7", "upside down"), ("27", "percent for share"), ("2.7", "decimal point"), ("0.18", HINT), ("0.67", HINT), ("0.5", HINT),
        ("1.8 of 6.7 points", FORM), ("27 points", FORM), ("6.7-1.8", "a difference")],
    "as-good": [("42.86%", "other side"), ("16 %", "count for percent"), ("44", HINT), ("62", HINT), ("75%", HINT), ("571", "decimal point"),
        ("1.75", HINT), ("12/28", HINT), ("most of them", FORM)],
    "beyond": [("-13.4", "added for subtracted"), ("6.72", HINT), ("13.4", HINT), ("1.0", HINT), ("100%", FORM), ("-6.67-6.72", "added for subtracted"),
        ("-6.72+6.67", "sign turned")],
    "spread": [("5.5", "SDs added"), ("3", "own error forgotten"), ("13", "variance for SD"), ("4", HINT), ("3.7", HINT), ("36", "decimal point"),
        ("2.95+0.6+1.97", "SDs added"), ("2.5", HINT)],
    "boundary": [("-8", "interval of the mean"), ("-12.6", "z for t"), ("6.2", "only the reach"), ("-13.4", HINT), ("12.9 points better", FORM),
        ("-19.6", HINT), ("-6.72-2.052*0.6", "interval of the mean"), ("-0.5", HINT)],
    "standing": [("unusual", HINT), ("very rare", HINT), ("exceptional", FORM), ("rare or uncommon", FORM)],
    "middle": [("8", "the middle itself"), ("6", "half-width"), ("6.4", "from the lower limit"), ("-0.46", "sign turned"), ("4.55", "decimal point"),
        ("11.9", HINT), ("0.4", HINT), ("8.5", HINT), ("(2.09+14)/2", "the middle itself")],
    "whole-sum": [("80.4", HINT), ("8", "decimal point"), ("86.7", HINT), ("6.67 × 12 = 80.04", "not a whole number"), ("160", HINT), ("667", HINT),
        ("80 people", FORM), ("80.5", HINT)],
    "levels": [("2 levels", "each domain once"), ("4 levels", "each domain twice"), ("8", HINT), ("1.5", HINT), ("all of them", FORM)],
    "along-with": [("supported by the abstract", HINT), ("partly right", HINT), ("yes", FORM), ("not supported", FORM)],
    "design": [("cohort study", FORM), ("parallel, three groups", HINT), ("cross-over trial", HINT), ("case-control study", HINT), ("RCT", FORM)],
    "guideline": [("supported", HINT), ("partly true", HINT), ("it cannot be checked", HINT)],
    "which-group": [("the treated people", HINT), ("placebo group", HINT), ("none of the groups", HINT)],
    "how-often": [("1/20", HINT), ("one quarter", HINT), ("50 percent", HINT), ("never", FORM), ("1 in 2", HINT)],
    "randomisation": [("low.", HINT), ("high!", HINT), ("critical", FORM)],
    "measurement": [("some concerns", HINT), ("low risk of bias", HINT), ("moderate", FORM)],
    "uncontrolled": [("serious risk", HINT), ("very high", FORM), ("moderate risk", HINT)],
    "what-next": [("made up", HINT), ("fine, rounding", HINT), ("nothing", HINT)],
    "start": [("moderate certainty", HINT), ("low level", HINT)],
    "level": [("low certainty", HINT), ("no level", FORM)],
    "wording": [("may help", HINT), ("likely improves", HINT), ("works", FORM)],
}  # fmt: skip

# The right number in a sentence that says something else.
SAYS_ELSE = {
    "standard-error": [("<= 1.97", FORM), ("not 1.97", FORM), ("1.97 or 2", FORM), ("1.97 != x", FORM), ("1.97 = 2.17", "a rule of thumb"), ("1.97 %", FORM),
            ("the standard error is not 1.97", FORM), ("half of 1.97", FORM), ("more than 1.97", FORM), ("it is not known whether it is 1.97", FORM)],
    "lower-limit": [("11 points better", FORM), ("−11 to −2.33", FORM), ("no lower limit: -11", FORM)],
    "people-in-a-group": [("25 or so in two groups", FORM), ("25 in two groups", FORM), ("25 people in both groups", FORM), ("(25 or 30)", FORM)],
    "standard-deviation": [("8.7 if r is 0", FORM), ("(8.7 and 3)", FORM), ("8.7 is not it", FORM)],
    "as-good": [("57 of the arms", FORM)],
    "measurement": [("high, not low", FORM), ("it is not high (no reason)", FORM)],
}  # fmt: skip


def rows(table):
    return [
        (exercise, *((one,) if isinstance(one, str) else one))
        for exercise in table
        for one in table[exercise]
    ]


def as_in_a_cell(typed):
    """What an answer cell comes to where this is typed after its equals sign."""
    namespace = {}
    exec("".join(tolerant([f"answer_2_1 = {typed}\n"])), namespace)
    return namespace["answer_2_1"]


def test_there_are_fifty_and_a_hundred():
    assert len(rows(RIGHT_ANSWERS)) >= 100
    assert len(rows(WRONG_ANSWERS)) >= 150


@pytest.mark.parametrize(
    ("exercise", "typed"),
    [*rows(RIGHT_ANSWERS), *rows(RIGHT_SENTENCES), *rows(RIGHT_IN_WORDS)],
    ids=str,
)
def test_a_right_answer_is_right_in_a_field_and_in_a_cell(judge, exercise, typed):
    for given in (typed, as_in_a_cell(typed)):
        feedback = judge(exercise, given)
        assert feedback.outcome == RIGHT, (given, feedback.lines)


@pytest.mark.parametrize(
    ("exercise", "typed", "hears"),
    [*rows(WRONG_ANSWERS), *rows(WRONG_IN_WORDS), *rows(SAYS_ELSE)],
    ids=str,
)
def test_a_wrong_answer_is_wrong_and_hears_nothing_that_misleads(judge, exercise, typed, hears):
    for given in (typed, as_in_a_cell(typed)):
        feedback = judge(exercise, given)
        assert feedback.points == 0, given
        told = feedback.mistake if feedback.outcome == MISTAKE else feedback.outcome
        assert told == hears, (given, feedback.lines)
