"""Why an arm or a trial gives no effect, in the words that pages, tables and messages print."""

NO_CHANGE = "no change printed"
MEDIANS = "medians are printed, not means"
NO_N = "number of people not printed"
NO_SPREAD = "no SE or SD printed"
NO_SPREAD_NO_N = "no SE, SD or number of people printed"
ONLY_BOUNDS = "it needs a figure that is printed only as a bound"
TOO_FEW = "fewer than two people"
TOO_FEW_FOR_SDS = "too few people for a difference in SDs"
NO_WIDTH = "its spread is printed as 0, or both limits of its interval are alike"
SKEWED = "the median lies too far from the middle of its quartiles or range: the values are skewed"
OTHER_WEEKS = "the arms' changes are of different weeks or scales"
OTHER_UNITS = "its figures are printed in different units"
NOT_PRINTED = "what it needs is not printed"
NOT_AT_ENDS = "the ranking does not put the two arms at its ends"
NO_RANKING = "the P is over all arms, and nothing printed ranks them"
NOT_A_P = "the P over all groups is no P"
CROSSOVER = (
    "a crossover trial: the same people are in both arms, and what ties their values is not printed "
    "(the setting crossover_r can assume it)"
)
CROSSOVER_RATIO = (
    "a crossover trial: the same people are in both arms, so that the ratio of their means needs its own "
    "standard error, as the trial prints it"
)
NO_RATIO = "a mean is 0, or the two means lie on both sides of 0: they have no ratio"
CROSSOVER_ARMS = (
    "a crossover trial with several treated arms: the same people are in all of them; contrasts.csv can "
    "name one of them only"
)
ARMS_APART = "its treated arms give no difference on one scale at one week"
CROSSOVER_P = "a crossover trial: its t or P says nothing of the SD of people"
CROSSOVER_EVENTS = (
    "a crossover trial: the same people are in both arms, and counts do not show who had the event in "
    "both; an estimate that allows for it would serve"
)
CLUSTER_P = "people were randomised in groups: its t or P says nothing of the SD of people"
OBSERVED_P = (
    "people were not allocated at random: its t or P may be adjusted for what made them differ"
)
IMPOSSIBLE_ICC = (
    "people were randomised in groups, and people of groups of that size cannot be as unlike as its "
    "intracluster correlation says"
)
CLUSTERS = (
    "people were randomised in groups, and the number of groups (n_clusters) or how alike people of "
    "one group are (icc) is not printed (the setting icc can assume the latter); an estimate that allows "
    "for it would serve, too"
)
RANK_TEST = "medians are printed, so the P may come from a test of ranks"
NO_EVENTS = "nobody in either group had it, or everybody: that says nothing of a ratio"
NO_DIRECTION = "nothing printed says which arm did better"
OTHER_MEASURE = "its result is not on the measure of this review, and cannot be turned into it"
ONLY_ODDS = (
    "a case-control study: its authors chose how many people have the outcome, so that it gives an odds "
    "ratio and no risk"
)
MORE_EVENTS = (
    "more events than people: what happens to one person several times is compared by its rate, with the "
    "time that people were followed"
)
EVENTS_NOT_PEOPLE = (
    "events are counted, not people: what happens to one person several times is compared by its rate, with the "
    "time that people were followed"
)
NO_TIME = "the time that people were followed is not printed"
OTHER_EVIDENCE = (
    "not pooled with the others: people were allocated at random in one kind of study only "
    "(the setting evidence chooses)"
)

# Reasons that say no more than that something is not printed: any other says more, and is told first.
NOTHING_MORE = (
    *(NO_CHANGE, NOT_PRINTED, MEDIANS, NO_SPREAD, NO_SPREAD_NO_N),
    EVENTS_NOT_PEOPLE,  # of a rate it matters whether the time is printed
)
