"""The variants of a model in one class as a table and a drawing: bytes against quality against speed."""

from collections.abc import Sequence
from string import ascii_uppercase, digits
from textwrap import wrap

from collector.contract.vocabulary import ORIGINAL
from collector.jobs.recommend.record import DecisionRecord, VariantStanding
from collector.jobs.recommend.telling.plot import Point, plot

LETTERS = ascii_uppercase + digits
LONGEST_NAME = 16
COLUMNS = 78
FIGURES = frozenset({"bytes", "brotli", "start"})


def describe_trade_off(record: DecisionRecord) -> list[str]:
    """Lines for people; none where a model has one variant only."""
    if not record.variants:
        return []
    marks = [_mark(each, letter) for each, letter in zip(record.variants, LETTERS, strict=False)]
    quantile = f"p{record.parameters.aim.quantile * 100:g}"
    header = ("", "variant", "bytes", "brotli", "quality", quantile, "start", "backend")
    rows = [header, *(_row(each, mark) for each, mark in zip(record.variants, marks, strict=True))]
    drawing = plot(
        [
            Point(each.bytes, each.ready_ms, mark)
            for each, mark in zip(record.variants, marks, strict=True)
            if each.bytes and each.ready_ms
        ],
        x_of=tell_bytes,
        y_of=tell_ms,
        named=f"bytes to the right, ready {quantile} upwards",
    )
    return [
        f"variants, each on the backend that suits it best here ({quantile} of ready)",
        *_table(rows),
        _key(record.variants),
        *_reasons(record.variants, marks),
        *(["", *drawing] if drawing else []),
    ]


def _mark(standing: VariantStanding, letter: str) -> str:
    if standing.verdict == "refused":
        return f"({letter.lower()})"
    return letter + {"chosen": "*", "unproven": "?"}.get(standing.verdict, "")


def _row(standing: VariantStanding, mark: str) -> tuple[str, ...]:
    return (
        mark,
        _shorten(standing.variant),
        tell_bytes(standing.bytes),
        tell_bytes(standing.brotli_bytes),
        _quality(standing),
        tell_ms(standing.ready_ms),
        tell_ms(standing.start_ms),
        standing.backend or "-" if standing.sessions else "not run",
    )


def _quality(standing: VariantStanding) -> str:
    """Accuracy where it is known, else agreement with the original; the original agrees with itself."""
    if standing.accuracy is not None:
        return f"{standing.accuracy_of or 'accuracy'} {standing.accuracy:.4g}"
    if standing.agreement is not None:
        return f"agrees {standing.agreement:.4g}"
    return "reference" if standing.variant == ORIGINAL else "-"


def _reasons(standings: Sequence[VariantStanding], marks: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for each, mark in zip(standings, marks, strict=True):
        if each.why:
            lines += wrap(
                f"{mark} {each.variant}: {each.why}",
                COLUMNS - 2,
                initial_indent="  ",
                subsequent_indent="      ",
            )
    return ["", *lines] if lines else []


def _key(standings: Sequence[VariantStanding]) -> str:
    meaning = {"chosen": "* recommended", "unproven": "? lacks sessions", "refused": "(a) refused"}
    found = {each.verdict for each in standings}
    left = sum(not (each.bytes and each.ready_ms) for each in standings)
    said = [text for verdict, text in meaning.items() if verdict in found]
    said += [f"{left} without bytes or time: not drawn"] if left else []
    return ", ".join(said)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Without the columns of which nothing is known; figures to the right."""
    columns = [column for column in zip(*rows, strict=True) if {*column[1:]} != {"-"}]
    aligned = [
        [cell.rjust(width) if column[0] in FIGURES else cell.ljust(width) for cell in column]
        for column in columns
        for width in (max(map(len, column)),)
    ]
    return ["  ".join(cells).rstrip() for cells in zip(*aligned, strict=True)]


def _shorten(name: str) -> str:
    """Without its middle: variants of one model differ at the end, as ``distilled-float16``."""
    if len(name) <= LONGEST_NAME:
        return name
    kept = LONGEST_NAME - 3
    return f"{name[: kept // 2]}...{name[-(kept - kept // 2) :]}"


def tell_bytes(size: float | None) -> str:
    """Bytes in about three digits; "-" for none."""
    if not size:
        return "-"
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def tell_ms(value: float | None) -> str:
    """Milliseconds in about three digits; "-" for none."""
    if value is None:
        return "-"
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"
