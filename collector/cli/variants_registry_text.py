"""What the commands on variants print for people."""

from typing import TYPE_CHECKING

import typer

from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.models import ModelBudget, RegisteredVariants, VariantHistory, VariantList, VariantView

_TOLD = {
    "reference": "reference",
    "accepted": "accepted",
    "refused": "refused",
    "unmeasured": "not measured",
}


def tell_registered(made: "RegisteredVariants") -> None:
    """A line for each variant, and its warnings on stderr."""
    for each in made.variants:
        what = (
            f"registered, version {each.version}" if each.changed else "nothing changed, it was registered so"
        )
        typer.echo(f"{each.model}/{each.variant}: {what}; {_TOLD[each.verdict]} ({each.why})")
    for warning in dict.fromkeys(warning for each in made.variants for warning in each.warnings):
        typer.echo(f"inferfleet: {warning}", err=True)


def tell_list(found: "VariantList") -> None:
    """A table, and the budget of each model."""
    print_table(
        ("MODEL", "VARIANT", "BYTES", "ACCURACY", "AGREEMENT", "VERDICT", "REGISTERED", "BY"),
        [
            (
                each.registered.model,
                each.registered.variant,
                f"{each.registered.bytes}" if each.registered.bytes else "-",
                _accuracy(each),
                _share(each.registered.agreement),
                _verdict(each),
                f"{each.registered.created_at:%Y-%m-%d %H:%M}",
                each.registered.author or "SQL",
            )
            for each in found.variants
        ],
    )
    for budget in found.budgets:
        tell_budget(budget)


def tell_budget(budget: "ModelBudget") -> None:
    """How much accuracy a variant may lose, and who says so."""
    whose = f"its own budget, version {budget.version}" if budget.own else "recommend.max_accuracy_loss"
    typer.echo(
        f"a variant of {budget.model} may lose {budget.max_accuracy_loss:g} of accuracy at most ({whose})"
    )


def tell_history(found: "VariantHistory") -> None:
    """One variant, and its versions."""
    it = found.variant.registered
    typer.echo(f"variant       {it.model}/{it.variant}{'  (removed)' if it.removed else ''}")
    typer.echo(f"verdict       {_verdict(found.variant)}: {found.variant.why}")
    typer.echo(f"url           {it.url or 'the one that the page gives'}")
    typer.echo(
        f"bytes         {it.bytes or '-'}{f' ({it.brotli_bytes} as brotli)' if it.brotli_bytes else ''}"
    )
    typer.echo(f"accuracy      {_accuracy(found.variant)}{f' on {it.samples} samples' if it.samples else ''}")
    typer.echo(f"agreement     {_share(it.agreement)}")
    for backend, why in found.variant.refused_on.items():
        typer.echo(f"refused on    {backend}: {'; '.join(why) or 'without a reason'}")
    for name, value in (("id", it.content_id), ("source", it.source_id), ("integrity", it.integrity)):
        if value:
            typer.echo(f"{name:<14}{value}")
    print_table(
        ("VERSION", "AT", "BY", "WHAT", "NOTE"),
        [
            (
                str(version.version) if version.version else "-",
                f"{version.created_at:%Y-%m-%d %H:%M:%S}",
                version.author or "SQL",
                version.action,
                version.note,
            )
            for version in found.history
        ],
    )


def _verdict(each: "VariantView") -> str:
    told = _TOLD[each.verdict]
    return f"{told}, not on {', '.join(sorted(each.refused_on))}" if each.refused_on else told


def _accuracy(each: "VariantView") -> str:
    accuracy = each.registered.accuracy
    return "-" if accuracy is None else f"{accuracy:.4g} {each.registered.accuracy_of}".rstrip()


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
