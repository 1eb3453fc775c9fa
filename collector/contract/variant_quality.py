"""How good a variant is, as far as it was measured, and whether that is good enough: one rule for all.

The recommender's gates and the registry's list both ask it, so that they cannot tell a user two things.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel, Field, TypeAdapter

from collector.contract.vocabulary import Backend

ROUNDING = 1e-9
"""0.618 - 0.608 is a little more than 0.01 in binary; a loss of just the budget is within it."""
_WASM = (Backend.WASM, Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS)


@dataclass(frozen=True, slots=True)
class BackendVerdict:
    """What an evaluation says of a variant on one backend."""

    accepted: bool
    agrees: bool | None = None
    """Whether its outputs are those of the source; None when that was not looked at."""
    refused_by: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether the variant may run on the backend."""
        return self.accepted and self.agrees is not False


@dataclass(frozen=True, slots=True)
class VariantQuality:
    """What the registry knows of a variant. Agreement and accuracy are shares, 0 to 1."""

    agreement: float | None
    accuracy: float | None
    accuracy_of: str = ""
    """The metric; empty in rows that users wrote by SQL."""
    accepted: bool | None = None
    """The evaluation's verdict on the variant as a whole; None when nobody judged it."""
    refused_by: Sequence[str] = ()
    backends: Mapping[Backend, BackendVerdict] = field(default_factory=dict)

    def on(self, backend: Backend) -> BackendVerdict | None:
        """The verdict for a backend; a kind of wasm without one of its own has that of ``wasm``.

        Libraries call all kinds of it wasm, and so does an evaluation that did not tell them apart.
        """
        found = self.backends.get(backend)
        return self.backends.get(Backend.WASM) if found is None and backend in _WASM else found


class _Verdict(BaseModel):
    accepted: bool
    agrees: bool | None = None
    refused_by: list[str] = Field(default_factory=list)


_VERDICTS: TypeAdapter[dict[str, _Verdict]] = TypeAdapter(dict[str, _Verdict])


def read_verdicts(text: str) -> dict[Backend, BackendVerdict]:
    """Verdicts by backend, from the JSON that the store keeps; empty text is none.

    A backend that only a newer version of ours knows is left out: this one cannot choose it.
    """
    known = {backend.value for backend in Backend}
    return {
        Backend(name): BackendVerdict(verdict.accepted, verdict.agrees, tuple(verdict.refused_by))
        for name, verdict in (_VERDICTS.validate_json(text) if text else {}).items()
        if name in known
    }


class Limits(NamedTuple):
    """What a variant must keep: its least agreement, and the most accuracy that it may lose."""

    min_agreement: float
    max_accuracy_loss: float


def judge(
    quality: VariantQuality | None,
    original: VariantQuality | None,
    limits: Limits,
    *,
    backend: Backend | None = None,
) -> tuple[bool, str]:
    """(whether a variant is good enough, the figures). One that nobody measured is not.

    Accuracies are compared when both are of the same metric. Where there is no figure (a regression has none
    that is a share), an evaluation that accepted the variant measured it. The verdict of an evaluation on the
    variant as a whole counts where it has none for the backend: one that is wrong on one backend only is
    refused there.

    Args:
        quality: the variant's; None when it is not registered.
        original: that of the model's original variant.
        limits: what it must keep.
        backend: where it is to run; None for any that it was evaluated on.
    """
    if quality is None:
        return False, "no agreement or accuracy is recorded for the variant"
    answers: list[tuple[bool, str]] = []
    if quality.agreement is not None:
        answers.append((quality.agreement >= limits.min_agreement, f"agreement {quality.agreement:.4g}"))
    if (
        original is not None
        and quality.accuracy is not None
        and original.accuracy is not None
        and quality.accuracy_of == original.accuracy_of
    ):
        loss = original.accuracy - quality.accuracy
        answers.append(
            (loss <= limits.max_accuracy_loss + ROUNDING, _tell_loss(quality, original.accuracy, loss))
        )
    if not answers and quality.accepted:
        answers.append((True, "its evaluation accepted it"))
    if quality.accepted is False and not _accepted_on(quality, backend):
        why = "; ".join(quality.refused_by) or "without a reason"
        answers.append((False, f"its evaluation refused it ({why})"))
    if not answers:
        return False, "no agreement or accuracy is recorded for the variant"
    bounds = f"(at least {limits.min_agreement:.4g}, at most {limits.max_accuracy_loss:.4g})"
    return all(passed for passed, _ in answers), f"{', '.join(text for _, text in answers)} {bounds}"


def _tell_loss(quality: VariantQuality, reference: float, loss: float) -> str:
    if not quality.accuracy_of:
        return f"accuracy lost {loss:.4g}"
    compared = f"{quality.accuracy_of} {quality.accuracy:.4g} where the original has {reference:.4g}"
    return f"{compared}, accuracy lost {loss:.4g}" if loss > 0 else f"{compared}, no accuracy lost"


def _accepted_on(quality: VariantQuality, backend: Backend | None) -> bool:
    """Whether an evaluation accepted a variant on a backend, or on any."""
    if backend is None:
        return any(verdict.passed for verdict in quality.backends.values())
    verdict = quality.on(backend)
    return verdict is not None and verdict.passed
