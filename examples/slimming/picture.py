"""Accuracy against bytes, as a picture and as text."""

import math
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 24, 52
FILL = {True: "#0d9488", False: "#dc2626"}
BAR = 24


class Dot(NamedTuple):
    """A variant: what it weighs, how often it is right, and the 95 % interval of that."""

    name: str
    bytes: int
    brotli_bytes: int
    accuracy: float
    low: float
    high: float
    accepted: bool


def tell_trade_off(dots: list[Dot]) -> str:
    """A line for each variant, with its bytes as a bar on a logarithmic scale."""
    whole = dots[0].bytes
    width = max(len(dot.name) for dot in dots)
    least = math.log(min(dot.bytes for dot in dots) / 2)
    lines = [f"{'VARIANT':<{width}}  {'BYTES':>10}  {'':<{BAR}}  SHARE   BROTLI     ACCURACY (95 %)"]
    for dot in dots:
        share = (math.log(dot.bytes) - least) / (math.log(whole) - least)
        bar = "#" * max(1, round(BAR * share))
        lines.append(
            f"{dot.name:<{width}}  {dot.bytes:>10,}  {bar:<{BAR}}  {dot.bytes / whole:>5.1%}  "
            f"{dot.brotli_bytes:>9,}  {dot.accuracy:.3f} ({dot.low:.3f} to {dot.high:.3f})"
            + ("" if dot.accepted else "  refused")
        )
    return "\n".join(lines)


def draw_svg(dots: list[Dot]) -> str:
    """An SVG: bytes to the right on a logarithmic scale, accuracy upwards, refused variants in red."""
    low_bytes, high_bytes = min(dot.bytes for dot in dots) / 1.6, max(dot.bytes for dot in dots) * 1.6
    bottom = math.floor(min(dot.low for dot in dots) * 100) / 100

    def x(size: float) -> float:
        share = math.log(size / low_bytes) / math.log(high_bytes / low_bytes)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(accuracy: float) -> float:
        return HEIGHT - BOTTOM - (accuracy - bottom) / (1 - bottom) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#334155">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for size in (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000):
        if low_bytes < size < high_bytes:
            parts.append(_line(x(size), TOP, x(size), HEIGHT - BOTTOM, "#e2e8f0"))
            parts.append(_text(x(size), HEIGHT - BOTTOM + 18, _size(size), "middle"))
    steps = round((1 - bottom) * 100)
    for percent in range(0, steps + 1, max(1, steps // 5)):
        accuracy = bottom + percent / 100
        parts.append(_line(LEFT, y(accuracy), WIDTH - RIGHT, y(accuracy), "#e2e8f0"))
        parts.append(_text(LEFT - 8, y(accuracy) + 4, f"{accuracy:.2f}", "end"))
    for index, dot in enumerate(dots):
        colour = FILL[dot.accepted]
        parts.append(_line(x(dot.bytes), y(dot.low), x(dot.bytes), y(dot.high), colour, 0.35))
        parts.append(f'<circle cx="{x(dot.bytes):.1f}" cy="{y(dot.accuracy):.1f}" r="5" fill="{colour}"/>')
        # Neighbours are named above and below in turn, so that their names do not cover each other.
        offset = (-14, 22, -28, 36)[index % 4]
        parts.append(_text(x(dot.bytes), y(dot.accuracy) + offset, dot.name, "middle"))
    parts.append(
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "bytes of the download (logarithmic)", "middle")
    )
    parts.append(_text(LEFT, 14, "accuracy on the test set, with its 95 % interval", "start"))
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, opacity: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-opacity="{opacity}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _size(size: int) -> str:
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size // 1000} KB"
