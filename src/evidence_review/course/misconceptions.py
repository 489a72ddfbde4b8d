"""Common misconceptions that give wrong numbers: the name of each, and the feedback on it.

The feedback says what the student probably did, and ends in a question that leads on. It never says the
answer. An exercise computes the result of each misconception; see `lessons.Exercise.mistakes`.
"""

from __future__ import annotations

SAYS = {
    "SE for SD": "This is the standard error: how far the mean of the group may be off. The "
    "question is about people. What do you do to a standard error to get from a mean back to one "
    "person?",
    "SD for SE": "This is the standard deviation: how much people differ. The question is about "
    "their mean. Does the mean of many people vary as much as one person does?",
    "variance for SD": "This is a variance, in squared units. What is left to do to be back in the "
    "units of the scale?",
    "half-width for SE": "This is half the width of the interval. A 95% interval reaches further "
    "than one standard error either way. How many standard errors is it?",
    "width for half-width": "You worked with the whole width of the interval. How far does it reach "
    "from the estimate to one side?",
    "z for t": "You used 1.96, the quantile of the normal distribution. With few people the SD is "
    "itself uncertain. Which distribution allows for that, and with how many degrees of freedom?",
    "n for n - 1": "The degrees of freedom are not the number of people. How many are left once "
    "their mean has been estimated?",
    "n for root n": "You used n where its square root belongs. How does the error of a mean shrink "
    "when the number of people is made four times as large?",
    "sign turned": "The size is right, the sign is not. Here a change is end minus baseline, and a "
    "lower score is better. Which sign has an improvement?",
    "percent for share": "This is a percentage; the question asks for a share, between 0 and 1. "
    "What is 50% as a share?",
    "share for percent": "This is a share; the question asks for a percentage. What is a share of "
    "0.5 in per cent?",
    "other side": "This is the share on the other side. Which side of the value does the question "
    "ask about?",
    "correlation forgotten": "This treats the two scores as if they came from different people. "
    "The same people were measured twice: what does that do to the spread of their change?",
    "correlation added": "The correlation has the wrong sign. Do people who start high and end high "
    "make changes more alike or less alike?",
    "SDs subtracted": "Standard deviations are not subtracted. What may be added or taken off, the "
    "SDs or their squares?",
    "SDs added": "Standard deviations do not add up. Which quantities of independent sources of "
    "scatter do?",
    "wrong limit": "This is the other end of the interval. When a fall of so many points is written "
    "as end minus baseline, which end becomes the lower one?",
    "count for percent": "This is a count. Out of how many, and what is that in per cent?",
    "interval of the mean": "This is the limit for the mean of all trials. The question is about one "
    "new trial. Which scatter does a single trial have besides the uncertainty of that mean?",
    "scatter between trials forgotten": "This allows for chance within trials only. Do trials of "
    "placebo all have the same true change?",
    "own error forgotten": "This leaves out the sampling error of the trial itself. With so few "
    "people, how far could its mean be off?",
    "comparison forgotten": "This is the change since baseline. What would have happened to these "
    "people on placebo?",
    "added for subtracted": "The two have been added. Is what placebo does part of the change, or "
    "does it come on top?",
    "upside down": "The ratio is upside down. Should the result be larger or smaller than what you "
    "started from?",
    "ratio only": "This is the ratio alone. What is it a part of?",
}
