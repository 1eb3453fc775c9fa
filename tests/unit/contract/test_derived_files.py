from collector.contract.export import ROOT, drifted


def test_schemas_types_and_docs_are_what_the_contract_gives():
    assert [str(path.relative_to(ROOT)) for path in drifted()] == [], "run `make gen` and commit the result"
