"""What the article's claims come to in a paragraph: how many, which, who says so, what moved."""

from types import SimpleNamespace

from evidence_review.judgement.claims import COMPUTED, JUDGED, AuditedClaim
from evidence_review.words.claims import summary
from evidence_review.words.linked import Sentence

ROW = SimpleNamespace(kind="claim", claim="It <helps>", verdict="supported", qualifier="")


def test_the_summary_names_what_moved():
    audited = [AuditedClaim(ROW, "unverified", COMPUTED, "x", ())] * 2
    words = summary(audited)
    assert "Of 2 claims, 0 are supported. These are contradicted, or could not be ver" in words
    assert "2 of 2" in words
    assert "It <helps> (agreed was supported, now unverified)" in words


def test_the_summary_is_calm_where_there_is_nothing():
    assert summary([]) == "No claims have been extracted for this review."
    assert "Of 1 claim, 1 is supported." in str(
        Sentence(summary([AuditedClaim(ROW, "supported", JUDGED, "", ())]))
    )
    assert "moved" not in summary([AuditedClaim(ROW, "supported", JUDGED, "", ())])


def test_the_summary_names_a_person_only_where_one_judged():
    """Of two claims a rule takes both verdicts, one, or none."""
    judged, ruled = (AuditedClaim(ROW, "supported", by, "", ()) for by in (JUDGED, COMPUTED))
    rest = "; a person judged the others."
    told = [rest in summary(found) for found in ([ruled] * 2, [ruled, judged], [judged] * 2)]
    assert told == [False, True, True]
