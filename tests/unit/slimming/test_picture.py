"""The trade-off in text and as a picture."""

import xml.etree.ElementTree as ElementTree

from examples.slimming.making import dots_of
from examples.slimming.picture import Dot, draw_svg, tell_trade_off

DOTS = [
    Dot("source", 4_595_701, 4_239_478, 0.997, 0.988, 0.999, accepted=True),
    Dot("pooled-uint8", 101_910, 86_061, 0.990, 0.978, 0.996, accepted=True),
    Dot("<tiny>", 9_000, 8_000, 0.61, 0.57, 0.65, accepted=False),
]
SVG = "{http://www.w3.org/2000/svg}"


def test_each_variant_has_a_line_with_its_share_and_its_interval() -> None:
    lines = tell_trade_off(DOTS).splitlines()
    assert len(lines) == 4
    assert "4,595,701  ########################  100.0%  4,239,478  0.997 (0.988 to 0.999)" in lines[1]
    assert "2.2%" in lines[2] and "0.990 (0.978 to 0.996)" in lines[2]
    assert lines[3].endswith("refused")
    assert lines[1].count("#") > lines[2].count("#") > lines[3].count("#") >= 1


def test_the_picture_has_smaller_variants_left_better_ones_up_and_refused_ones_red() -> None:
    picture = ElementTree.fromstring(draw_svg(DOTS))
    circles = picture.findall(f"{SVG}circle")
    places = [(float(each.get("cx", "")), float(each.get("cy", "")), each.get("fill")) for each in circles]
    assert places[0][0] > places[1][0] > places[2][0]
    assert places[0][1] < places[1][1] < places[2][1]
    assert places[0][2] == places[1][2] != places[2][2]
    assert {"source", "pooled-uint8", "<tiny>"} <= {text.text for text in picture.findall(f"{SVG}text")}


def test_what_was_not_measured_has_no_dot_and_the_largest_comes_first() -> None:
    accuracy = {"top1": 0.9, "low": 0.8, "high": 0.95}
    variants = [
        {"name": "a", "bytes": 5, "brotli_bytes": 4, "accuracy": accuracy, "accepted": True},
        {"name": "b", "bytes": 9, "brotli_bytes": 8, "accuracy": accuracy, "accepted": False},
        {"name": "torn", "bytes": 7, "brotli_bytes": 6, "accuracy": None, "accepted": False},
    ]
    assert [(dot.name, dot.accepted) for dot in dots_of({"variants": variants})] == [
        ("b", False),
        ("a", True),
    ]
