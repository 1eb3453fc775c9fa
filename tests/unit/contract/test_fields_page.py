"""The page of fields says what another client needs, and no schema can."""

from collector.contract.export import FIELDS_PAGE
from collector.contract.histogram import RATIO
from collector.contract.vocabulary import Backend


def test_it_has_bounds_patterns_enums_and_what_no_schema_says() -> None:
    page = FIELDS_PAGE.read_text()
    assert f"durations from {RATIO}^i to {RATIO}^(i + 1) ms" in page
    assert "Lists of a memory signal are differences" in page
    assert "| text `^[A-Za-z0-9_-]{16,36}$` (needed) |" in page  # batch_id
    assert "| list of 1 to 16: whole number, 0 to 4294967295 (needed) |" in page  # predictions
    assert "[Backend](#backend) (needed)" in page
    assert "### Backend\n" in page
    for backend in Backend:
        assert f"`{backend.value}`" in page
    assert "../collector/contract/schema/report.schema.json" in page
