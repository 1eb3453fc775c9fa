"""Registers variants, shows them and takes them away again; and keeps each model's budget of accuracy."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from collector.contract.authorship import ADMIN, Act, sign
from collector.contract.variant_quality import Limits, VariantQuality
from collector.contract.vocabulary import ORIGINAL
from collector.mistakes import name_some
from collector.models.addresses import doubts
from collector.models.budgets import ModelVersion, append_model, read_models
from collector.models.registration import Registration, check_name
from collector.models.versions import (
    BY_SQL,
    FACTS,
    UnknownVariant,
    VariantVersion,
    append,
    read_history,
    read_registered,
)
from collector.models.views import (
    ModelBudget,
    Registered,
    RegisteredVariants,
    RemovedVariant,
    VariantHistory,
    VariantList,
    assess,
    view,
)
from collector.store import Store
from collector.store.columns import millisecond

MOST_VARIANTS = 64
"""Variants that one call registers."""
MOST_HISTORY = 50


class ModelRegistry:
    """The variants of apps' models as the store keeps them. Thread-safe.

    Every method raises ``StoreUnavailable`` when the store does not answer and ``ValueError`` for a name that
    cannot be one; changes raise ``VariantConflict`` when somebody else was first.

    Args:
        store: where they are kept.
        origins_of: the origins of an app; raises for one that there is not.
        limits: what a variant must keep, where its model has no budget of its own.
        clock: the time of day.
    """

    def __init__(
        self,
        store: Store,
        *,
        origins_of: Callable[[str], Sequence[str]],
        limits: Limits,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._origins_of = origins_of
        self._limits = limits
        self._clock = clock
        self._one_at_a_time = threading.Lock()  # two calls to one collector need not conflict

    def list(self, app: str, model: str = "") -> VariantList:
        """The variants of an app, or of one of its models. Removed ones are not among them."""
        found = [version for version in self._read(app, model) if not version.removed]
        if not found:
            self._origins_of(app)
        budgets = read_models(self._store, app, model)
        names = sorted({*budgets, *(version.model for version in found)})
        shown = {name: self._budget(name, budgets.get(name)) for name in names}
        originals = _originals(found)
        return VariantList(
            app=app,
            variants=[
                view(version, originals.get(version.model), self._limits_of(shown[version.model]))
                for version in found
            ],
            budgets=list(shown.values()),
        )

    def show(self, app: str, model: str, variant: str) -> VariantHistory:
        """One variant, and what it was before.

        Raises:
            UnknownVariant: there never was one of this name.
        """
        known = self._read(app, model)
        found = next((version for version in known if version.variant == variant), None)
        if found is None:
            raise _unknown(app, model, variant, known)
        limits = self._limits_of(self._budget(model, read_models(self._store, app, model).get(model)))
        history = read_history(self._store, app, model, variant, limit=MOST_HISTORY)
        return VariantHistory(
            variant=view(found, _originals(known).get(model), limits),
            history=history or [found],
        )

    def register(
        self, app: str, variants: Sequence[Registration], *, author: str = ADMIN, note: str = ""
    ) -> RegisteredVariants:
        """Registers variants: all of them, or none where one of them does not fit.

        One that is registered just so already is left as it is. A call that was cut off is completed by the
        same call again.

        Raises:
            ValueError: two of one name, too many, or an accuracy that nothing can be compared with.
            LookupError: ``origins_of`` knows no such app.
        """
        act = sign(author, note, self._clock())
        origins = self._origins_of(app)
        _check_names(variants)
        # The original first: the others are compared with it.
        ordered = sorted(variants, key=lambda each: each.variant != ORIGINAL)
        with self._one_at_a_time:
            known = {(each.model, each.variant): each for each in self._read(app, "")}
            planned = [_next(app, each, known.get((each.model, each.variant)), act) for each in ordered]
            after = known | {(each.model, each.variant): each for each in planned}
            for each in planned:
                _check_reference(app, each, after.get((each.model, ORIGINAL)))
            for each in planned:
                if each is not known.get((each.model, each.variant)):
                    append(self._store, each)
            budgets = read_models(self._store, app)
        originals = _originals([each for each in after.values() if not each.removed])
        answers = {}
        for each in planned:
            limits = self._limits_of(self._budget(each.model, budgets.get(each.model)))
            verdict, why = assess(each, originals.get(each.model), limits)
            answers[each.model, each.variant] = Registered(
                model=each.model,
                variant=each.variant,
                version=each.version,
                changed=each is not known.get((each.model, each.variant)),
                verdict=verdict,
                why=why,
                warnings=[*doubts(each.url, origins), *_too_few(each, limits)],
            )
        return RegisteredVariants(app=app, variants=[answers[each.model, each.variant] for each in variants])

    def remove(
        self, app: str, model: str, variant: str, *, author: str = ADMIN, note: str = ""
    ) -> RemovedVariant:
        """Takes a variant away, also one that was registered by SQL. Its history stays.

        Raises:
            UnknownVariant: there is none of this name any more.
        """
        act = sign(author, note, self._clock())
        with self._one_at_a_time:
            known = [version for version in self._read(app, model) if not version.removed]
            found = next((version for version in known if version.variant == variant), None)
            if found is None:
                raise _unknown(app, model, variant, known)
            gone = append(self._store, _signed(found, "remove", act, removed=True))
        return RemovedVariant(app=app, model=model, variant=variant, version=gone.version, at=gone.created_at)

    def set_budget(
        self, app: str, model: str, max_accuracy_loss: float | None, *, author: str = ADMIN, note: str = ""
    ) -> ModelBudget:
        """Says how much accuracy a variant of a model may lose; None is back to the setting.

        Raises:
            ValueError: it is no share from 0 to 1.
            LookupError: ``origins_of`` knows no such app.
        """
        act = sign(author, note, self._clock())
        check_name(model)
        if max_accuracy_loss is not None and not 0 <= max_accuracy_loss <= 1:
            raise ValueError("a budget of accuracy is a share from 0 to 1, as 0.01 for one point of 100")
        self._origins_of(app)
        with self._one_at_a_time:
            now = read_models(self._store, app, model).get(model)
            if (now.max_accuracy_loss if now else None) == max_accuracy_loss:
                return self._budget(model, now)
            made = ModelVersion(
                app=app,
                model=model,
                version=now.version + 1 if now else 1,
                created_at=millisecond(act.now),
                author=act.author,
                action="set_budget",
                note=act.note,
                max_accuracy_loss=max_accuracy_loss,
            )
            return self._budget(model, append_model(self._store, made))

    def _read(self, app: str, model: str) -> Sequence[VariantVersion]:
        return read_registered(self._store, app, check_name(model) if model else "")

    def _budget(self, model: str, version: ModelVersion | None) -> ModelBudget:
        own = version.max_accuracy_loss if version is not None else None
        return ModelBudget(
            model=model,
            max_accuracy_loss=self._limits.max_accuracy_loss if own is None else own,
            own=own is not None,
            version=version.version if version is not None else 0,
        )

    def _limits_of(self, budget: ModelBudget) -> Limits:
        return self._limits._replace(max_accuracy_loss=budget.max_accuracy_loss)


def _originals(versions: Sequence[VariantVersion]) -> dict[str, VariantQuality]:
    return {
        version.model: version.quality()
        for version in versions
        if version.variant == ORIGINAL and not version.removed
    }


def _check_names(variants: Sequence[Registration]) -> None:
    if not 1 <= len(variants) <= MOST_VARIANTS:
        raise ValueError(f"one call registers 1 to {MOST_VARIANTS} variants, not {len(variants)}")
    seen: set[tuple[str, str]] = set()
    for each in variants:
        if (each.model, each.variant) in seen:
            raise ValueError(
                f"two variants of {each.model} are called {each.variant}: give each its own name"
            )
        seen.add((each.model, each.variant))


def _next(app: str, wanted: Registration, newest: VariantVersion | None, act: Act) -> VariantVersion:
    """The version to store; ``newest`` itself when it says the same already."""
    facts = wanted.model_dump(mode="json", include=set(FACTS))
    if newest is not None and newest.version and not newest.removed and newest.facts() == facts:
        return newest
    fresh = VariantVersion.model_validate(
        facts
        | {
            "app": app,
            "model": wanted.model,
            "variant": wanted.variant,
            "version": newest.version if newest is not None else 0,
            "created_at": act.now,
            "author": act.author,
            "action": BY_SQL,
            "note": act.note,
            "removed": False,
        }
    )
    return _signed(fresh, "register", act)


def _signed(version: VariantVersion, action: str, act: Act, *, removed: bool = False) -> VariantVersion:
    return version.model_copy(
        update={
            "version": version.version + 1,
            "created_at": millisecond(act.now),
            "author": act.author,
            "action": action,
            "note": act.note,
            "removed": removed,
        }
    )


def _check_reference(app: str, wanted: VariantVersion, original: VariantVersion | None) -> None:
    """An accuracy says something beside the original's of the same metric."""
    if wanted.accuracy is None or wanted.variant == ORIGINAL:
        return
    there = original if original is not None and not original.removed else None
    command = f"`inferfleet variants register --app {app} --model {wanted.model} --variant {ORIGINAL}`"
    how = f"by {command} with --accuracy and --accuracy-of {wanted.accuracy_of}"
    if there is None or there.accuracy is None:
        raise ValueError(
            f"{wanted.variant} has an accuracy, but the original of {wanted.model} has none to compare it "
            f"with: register that first, {how}"
        )
    if there.accuracy_of != wanted.accuracy_of:
        raise ValueError(
            f"{wanted.variant} has an accuracy of {wanted.accuracy_of}, the original of {wanted.model} one "
            f"of {there.accuracy_of or 'an unnamed metric'}: measure both alike, or register the original "
            f"again, {how}"
        )


def _too_few(version: VariantVersion, limits: Limits) -> list[str]:
    """One sample that changes sides is worth more than the whole budget."""
    if (
        version.samples is None
        or version.variant == ORIGINAL
        or version.samples * limits.max_accuracy_loss >= 1
    ):
        return []
    return [
        f"{version.variant}: {version.samples} samples cannot tell a loss of {limits.max_accuracy_loss:g} of "
        "accuracy from none"
    ]


def _unknown(app: str, model: str, variant: str, known: Sequence[VariantVersion]) -> UnknownVariant:
    names = name_some(version.variant for version in known if not version.removed)
    return UnknownVariant(
        f"app {app!r} registers no variant {variant!r} of {model}; the variants of that model are: {names}"
    )
