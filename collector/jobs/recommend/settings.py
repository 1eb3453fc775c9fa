"""What a decision is made from, and how sure it has to be. docs/decisions.md explains each figure."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.objective import Objective, ObjectiveText, canonical
from collector.contract.variant_quality import Limits


class RecommendSettings(BaseModel):
    """Section ``recommend``. Every threshold is copied into the decision record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lookback_days: int = Field(
        default=14, ge=1, le=90, description="Days of telemetry that a decision rests on"
    )
    votes_per_arm: int = Field(
        default=500,
        ge=10,
        le=100_000,
        description="Most session-days read for each leaf class and arm; more are sampled by a hash",
    )
    include_automated: bool = Field(
        default=False,
        description="Whether browsers that a program drives (tests, crawlers) count as visitors",
    )
    objective: ObjectiveText | None = Field(
        default=None,
        description="What arms are chosen by for apps without an objective of their own, as `loop` or "
        "`ready=1,first_result=0.5`. None: quantile, ready_weight and startup_weight",
    )
    quantile: float = Field(
        default=0.75,
        ge=0.5,
        le=0.99,
        description="The quantile of ready_ms within a session that is its steady cost",
    )
    ready_weight: float = Field(default=1.0, ge=0, le=100, description="Weight of the steady cost")
    startup_weight: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description="Weight of load + backend start + first prediction, spread over a session's predictions",
    )

    min_sessions: int = Field(
        default=20, ge=2, le=100_000, description="Session-days an arm needs before any gate can pass it"
    )
    min_class_sessions: int = Field(
        default=5,
        ge=1,
        le=100_000,
        description="Session-days a device class needs to get a record of its own",
    )
    error: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Chance of committing to an arm that is not the best, however often one looks",
    )
    min_compared_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="A class commits to an arm only when this share of its sessions is in classes one level "
        "below where that arm and another ran on the same kind of device",
    )
    trim: float = Field(
        default=0.1,
        ge=0,
        le=0.25,
        description="Share trimmed at each end: up to this share of an arm's sessions may be hostile",
    )
    prior_sd: float = Field(
        default=0.3, gt=0, le=3, description="Prior standard deviation of a session's log cost"
    )
    prior_weight: float = Field(
        default=1.0, ge=0, le=20, description="Sessions that the prior deviation is worth"
    )
    mixture_r: float | None = Field(
        default=None,
        gt=0,
        le=10,
        description="Prior precision on the difference of two arms, in sessions; small favours large gaps. "
        "Without it, 1 for 20 min_sessions and more, and less for fewer",
    )
    race_sd: float = Field(
        default=0.1,
        gt=0,
        le=3,
        description="Prior standard deviation of an arm's log cost within a race, which one device runs",
    )
    race_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="The most installs that race: measure arms against each other before they use one. Where "
        "much is known there are fewer; 0: none",
    )
    race_budget_ms: int = Field(
        default=1500, ge=0, le=60_000, description="The time that a race may take on a visitor's device"
    )
    min_races: int = Field(
        default=8, ge=2, le=100_000, description="Races of both arms that a commitment may rest on"
    )
    class_sd: float = Field(
        default=0.3,
        gt=0,
        le=3,
        description="Prior deviation of an arm's standing between a class and its parent",
    )
    class_weight: float = Field(default=2.0, gt=0, le=20, description="Classes that class_sd is worth")
    model_sd: float = Field(
        default=0.3,
        gt=0,
        le=3,
        description="Prior deviation between models of what a kind of device does to an arm",
    )
    model_weight: float = Field(
        default=2.0, gt=0, le=20, description="Comparisons of two models that model_sd is worth"
    )
    borrow_chance: float = Field(
        default=0.6,
        ge=0.5,
        le=1,
        description="How likely an arm must be to cost less than what devices would get anyway, before they "
        "are given it for what other models show; with 1 none is",
    )

    drift_ratio: float = Field(
        default=1.5,
        ge=1.1,
        le=100,
        description="A change of an arm's cost by this factor has a committed class look at its arms again",
    )
    drift_sessions: int = Field(
        default=100_000,
        ge=100,
        le=1_000_000_000,
        description="Session-days of an arm in which at most one such change is seen that is none",
    )

    exploration: float = Field(
        default=0.02,
        ge=0,
        le=0.2,
        description="The most installs that try arms which lost, so that evidence stays fresh, and fewer "
        "where that is dear; with 0 no arm is tried that lacks sessions, either",
    )
    regret_budget: float = Field(
        default=0.02,
        ge=0,
        le=0.5,
        description="What trying arms may cost a class, as a share of the time that its visitors wait",
    )
    budget_sessions: float = Field(
        default=10.0,
        ge=0,
        le=1000,
        description="Sessions' worth of waiting a day that a class may spend on trying arms at least",
    )
    first_budget: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="The most that budget_sessions may be of the time that visitors wait",
    )
    first_step: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="Share of installs that an arm without sessions gets at most; it grows by as much with "
        "every three sessions of it",
    )
    last_step: float = Field(
        default=0.5,
        ge=0,
        le=0.5,
        description="The most that an arm gets which has too few sessions to be judged",
    )
    learn_days: float = Field(
        default=1.0, gt=0, le=90, description="Days within which a new arm is to have enough sessions"
    )
    retry_share: float = Field(
        default=0.002,
        ge=0,
        le=0.05,
        description="Share of installs for an arm that was refused for failing or leaking: it can come back",
    )
    holdback: float = Field(
        default=0.01,
        ge=0,
        le=0.2,
        description="Share of installs kept on the engine's default, to measure the gain",
    )
    explore_within: float = Field(
        default=3.0,
        ge=1,
        le=100,
        description="Arms that surely cost more than this ratio to the best are not tried any more",
    )
    explore_untried: bool = Field(
        default=True,
        description="Try what no session has run: backends that devices have, and registered variants",
    )

    max_error_rate: float = Field(
        default=0.02, ge=0, le=1, description="Failed predictions: the most an arm may have"
    )
    max_incident_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Most sessions with a lost context or device, a hang, a wrong output or no memory",
    )
    max_killed_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Most sessions that tell of a page which was killed while it loaded or ran an arm",
    )
    gate_confidence: float = Field(
        default=0.95, ge=0.5, lt=1, description="Confidence of the upper bounds that gates look at"
    )
    min_capable_share: float = Field(
        default=0.8, ge=0, le=1, description="Share of a class's sessions whose device must have the backend"
    )
    min_agreement: float = Field(
        default=0.99,
        ge=0,
        le=1,
        description="Least agreement of a variant with the original on its reference set",
    )
    max_accuracy_loss: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Most accuracy a variant may lose against the original, where its model has no budget of "
        "its own (`inferfleet variants budget`)",
    )

    def for_objective(self, objective: str | None) -> Self:
        """The same settings for an app that has an objective of its own.

        Raises:
            ValueError: it is none, as one that a newer version of Inferfleet stored may be.
        """
        return self if objective is None else self.model_copy(update={"objective": canonical(objective)})

    def for_model(self, max_accuracy_loss: float | None) -> Self:
        """The same settings for a model that has a budget of accuracy of its own."""
        if max_accuracy_loss is None:
            return self
        return self.model_copy(update={"max_accuracy_loss": max_accuracy_loss})

    @property
    def limits(self) -> Limits:
        """What a variant must keep of its original."""
        return Limits(self.min_agreement, self.max_accuracy_loss)

    @property
    def aim(self) -> Objective:
        """What arms are chosen by."""
        if self.objective is not None:
            return Objective.of(self.objective)
        return Objective(ready=self.ready_weight, first_result=self.startup_weight, quantile=self.quantile)

    @property
    def tuned_r(self) -> float:
        """``mixture_r``, or the one that suits the fewest sessions a commitment may rest on.

        Few sessions tell only wide gaps, and the approximations of ``sequence`` err most there: equal arms
        looked at from 3 sessions on are told apart in 3.5 % of runs with this, in 5.5 % with 0.3.
        """
        return self.mixture_r or min(1.0, (self.min_sessions / 20) ** 2)
