"""Mixed-effects meta-regression: effects of studies on what the studies have in common.

Peers: metafor `rma` with moderators and its `predict`, PyMARE. The variance that moderators leave has
an interval by `synthesis.tau2_interval`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evidence_review.stats.intervals import INTERVALS, variance_factor
from evidence_review.stats.pooling import Fit, Floats, Sets
from evidence_review.stats.studies import checked_studies
from evidence_review.stats.tau2 import TAU2_ESTIMATORS, tau2_and_se

# A moderator this many times farther from 0 than it varies costs so many digits of the intercept
# that the reader is warned.
_FAR = 1e6
# Columns are collinear where they differ by no more than this: R's lm, and metafor, say so, too.
_COLLINEAR = 1e-7


@dataclass(frozen=True)
class Predictions:
    """Expected effects at given moderators, arrays of length m, in the units of the effects.

    Standard error and interval of the expected effect; pi_low, pi_high: prediction interval for
    the true effect of a new study, with the same quantile.
    """

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


@dataclass(frozen=True)
class MetaRegression:
    """A meta-regression of k studies on p coefficients, intercept first; intervals at `level`.

    coefficients, se, ci_low, ci_high, statistic, p: length p; covariance: (p, p); df: of t, or
    infinite for normal tests. tau2, tau2_se: variance between studies that the moderators leave, and its standard error. q, q_p:
    residual heterogeneity against chi-square k - p (metafor QE). qm, qm_df, qm_p: all moderators
    at once, chi-square, or F with two degrees of freedom where intervals are t (metafor QM). r2:
    per cent of tau2 without moderators that they explain, not below 0, nan where there is none
    to explain; with tau2 = 'EE' the adjusted R^2 of the weighted regression. i2: per cent of the
    unexplained variance that lies between studies. log_likelihood: restricted with tau2 = 'REML'.
    """

    coefficients: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    covariance: np.ndarray
    df: float
    tau2: float
    tau2_se: float
    q: float
    q_p: float
    qm: float
    qm_df: tuple[int, float]
    qm_p: float
    r2: float
    i2: float
    log_likelihood: float
    k: int
    level: float
    design: Design = field(repr=False)
    centred: tuple[Floats, Floats] = field(repr=False)

    def predict(self, moderators: ArrayLike) -> Predictions:
        """What to expect at moderators (m, p - 1), or (m,) where there is one; no intercept.

        Raises
        ------
        ValueError
            For another number of moderators than the fit has.
        """
        given, wanted = _rows(moderators).shape[1], len(self.coefficients) - 1
        if given != wanted:
            raise ValueError(f"moderators must have {wanted} columns, as in the fit; got {given}")
        x, (coefficients, covariance) = self.design.columns(moderators), self.centred
        mean = x @ coefficients
        se = np.sqrt(np.einsum("ij,jk,ik->i", x, covariance, x))
        quantile = special.stdtrit(self.df, (1 + self.level) / 2)
        half, wide = quantile * se, quantile * np.sqrt(self.tau2 + se**2)
        return Predictions(mean, se, mean - half, mean + half, mean - wide, mean + wide)


def meta_regression(
    effects: ArrayLike,
    variances: ArrayLike,
    moderators: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "knha",
    level: float = 0.95,
) -> MetaRegression:
    """Mixed-effects meta-regression with known within-study variances.

    Moderators are centred and scaled before anything is computed, so that a year or a dose in
    units of 1e-9 costs no digit; coefficients are given for moderators as they came.

    Parameters
    ----------
    effects, variances : (k,)
        In any one unit, and squared in that.
    moderators : (k, p - 1), or (k,) for one
        Without the intercept, which is added.
    tau2 : str
        One of `tau2.TAU2_ESTIMATORS`.
    ci : str
        'z'; 't', k - p degrees of freedom; 'knha' (Knapp & Hartung 2003, eq. 6); 'knha-adhoc', the
        same but never narrower than 't'.
    level : float
        Of intervals.

    Warns
    -----
    UserWarning
        Where a moderator lies so far from 0 that its intercept means nothing.

    Raises
    ------
    ValueError
        For bad input, for collinear or constant moderators, and where no degree of freedom is left.

    References
    ----------
    Knapp & Hartung 2003, Statistics in Medicine 22:2693. Viechtbauer 2005, J Educ Behav Stat 30:261.

    Examples
    --------
    >>> fit = meta_regression([1.0, 3.0, 5.0, 7.0], [0.1, 0.2, 0.1, 0.2], [0, 1, 2, 3])
    >>> fit.coefficients.round(9).tolist(), fit.tau2
    ([1.0, 2.0], 0.0)
    >>> fit.predict([10.0]).estimate.round(9).tolist()
    [21.0]
    """
    y, v = checked_studies(effects, variances, level)
    if y.ndim != 1 or np.isnan(y).any():
        raise ValueError("effects must be one set of studies, all present")
    if tau2 not in TAU2_ESTIMATORS:
        raise ValueError(f"tau2 must be one of {', '.join(TAU2_ESTIMATORS)}; got {tau2!r}")
    rules = [rule for rule in INTERVALS if rule != "kr"]
    if ci not in rules:
        raise ValueError(f"ci must be one of {', '.join(rules)}; got {ci!r}")
    design = Design.of(moderators, len(y))
    for text in design.warnings():
        warnings.warn(text, stacklevel=2)
    columns, present = design.columns(moderators), np.ones((len(y), 1))
    sets = Sets(y[:, None], v[:, None], present, columns)
    t2, t2_se = tau2_and_se(sets, tau2)
    fit, common = sets.fit(t2), sets.fit(0.0)
    k, p, scale = len(y), columns.shape[1], float(sets.scale[0])
    df = np.inf if ci == "z" else float(k - p)
    factor = float(variance_factor(fit.q, sets.df, ci)[0])
    # From fitted values at the pivots to coefficients, in the units of y.
    turn = np.linalg.inv(sets.basis)
    centred = turn @ (sets.pivots + np.sqrt(scale) * fit.b)[:, 0]
    root = np.sqrt(scale) * turn @ np.linalg.inv(np.linalg.cholesky(fit.total[:, :, 0])).T
    unscaled, back = root @ root.T, design.back()
    coefficients, covariance = back @ centred, factor * (back @ root) @ (back @ root).T
    se = np.sqrt(np.diag(covariance))
    half = special.stdtrit(df, (1 + level) / 2) * se
    slopes = centred[1:]
    with np.errstate(divide="ignore", invalid="ignore"):  # effects on a line have no error
        statistic = coefficients / se
        scores = np.linalg.lstsq(root[1:], slopes)[0]
        qm = float(scores @ scores / factor)
    if ci == "z":
        qm_p = special.chdtrc(p - 1, qm)
    else:
        qm /= p - 1
        qm_p = special.fdtrc(p - 1, df, qm)
    q = float(common.q[0])
    restricted = tau2 == "REML"
    constant = (k - p if restricted else k) * np.log(2 * np.pi * scale)
    if restricted:  # with log|X'X|, as metafor has it
        constant -= Fit(sets, present).log_determinant[0]
    return MetaRegression(
        coefficients=coefficients,
        se=se,
        ci_low=coefficients - half,
        ci_high=coefficients + half,
        statistic=statistic,
        p=2 * special.stdtr(df, -np.abs(statistic)),
        covariance=covariance,
        df=df,
        tau2=float(t2[0] * scale),
        tau2_se=float(t2_se[0] * scale),
        q=q,
        q_p=float(special.chdtrc(k - p, q)),
        qm=qm,
        qm_df=(p - 1, df),
        qm_p=float(qm_p),
        r2=_r2(y, v, float(t2[0] * scale), q / (k - p), tau2),
        i2=_i2(t2, common, sets.df, tau2),
        log_likelihood=float(sets.log_likelihood(t2, restricted)[0] - 0.5 * constant),
        k=k,
        level=level,
        design=design,
        centred=(centred, factor * unscaled),
    )


def _r2(y: Floats, v: Floats, left: float, left_common: float, method: str) -> float:
    """Raudenbush 2009, in per cent; for a common effect the adjusted R^2, as metafor has it."""
    sets = Sets(y[:, None], v[:, None], np.ones((len(y), 1)))
    if method == "EE":
        left, whole = left_common, float(sets.fit(0.0).q[0] / sets.df[0])
    else:
        whole = float(tau2_and_se(sets, method)[0][0] * sets.scale[0])
    return 100 * max(0.0, 1 - left / whole) if whole > 0 else np.nan


def _i2(t2: Floats, common: Fit, df: Floats, method: str) -> float:
    """Higgins & Thompson 2002, with the typical within-study variance (k - p) / tr(P)."""
    if method == "EE":
        q = float(common.q[0])
        return 100 * max(0.0, 1 - float(df[0]) / q) if q > 0 else 0.0
    return float(100 * t2[0] / (t2[0] + df[0] / common.trace[0]))


@dataclass(frozen=True)
class Design:
    """How moderators become columns: centred and scaled, so that their units cost no digit.

    centre, spread: of each moderator, (p - 1,): its mean, and its largest distance from that.
    """

    centre: Floats
    spread: Floats

    @staticmethod
    def of(moderators: ArrayLike, studies: int) -> Design:
        """The design of moderators (k, p - 1) or (k,). Raises ValueError where there is none."""
        x = _rows(moderators)
        if len(x) != studies:
            raise ValueError(f"moderators must have one row a study, {studies}; got {len(x)}")
        if not np.isfinite(x).all():
            where = int(np.argwhere(~np.isfinite(x))[0][0])
            raise ValueError(f"moderators must be finite; not so at study {where}: leave it out")
        p = x.shape[1] + 1
        if studies <= p:
            raise ValueError(f"{p} coefficients need more than {studies} studies")
        centre = x.mean(0)
        spread = np.abs(x - centre).max(0)
        varies = spread > 8 * np.finfo(float).eps * np.abs(x).max(0)
        design = Design(centre, np.where(varies, spread, 1.0))
        sizes = np.linalg.svd(design.columns(x), compute_uv=False)
        if not varies.all() or sizes[-1] <= _COLLINEAR * sizes[0]:
            raise ValueError("moderators are collinear (or constant): drop one")
        return design

    def columns(self, moderators: ArrayLike) -> Floats:
        """An intercept and the moderators, centred and scaled: (m, p)."""
        x = (_rows(moderators) - self.centre) / self.spread
        return np.column_stack([np.ones(len(x)), x])

    def back(self) -> Floats:
        """The matrix from coefficients of these columns to those of the moderators: (p, p)."""
        matrix = np.diag(np.concatenate([[1.0], 1 / self.spread]))
        matrix[0, 1:] = -self.centre / self.spread
        return matrix

    def warnings(self) -> list[str]:
        """What costs digits, and what to do about it."""
        told = [
            f"moderator {place + 1} varies by {spread:.3g} about {centre:.10g}: the fit is computed "
            "about that mean, but the intercept, an effect at 0, lies far outside the data; subtract "
            f"{centre:.10g} from the moderator"
            for place, (centre, spread) in enumerate(zip(self.centre, self.spread, strict=True))
            if abs(centre) > _FAR * spread
        ]
        return told


def _rows(moderators: ArrayLike) -> Floats:
    x = np.atleast_1d(np.asarray(moderators, float))
    return x[:, None] if x.ndim == 1 else x
