"""A bad table is named by its line, with what is wrong and what to write instead."""

from pathlib import Path

import pytest

from collector.simulate.table import BadTable, parse_table, read_table

PUBLISHED = Path(__file__).parents[2] / "data" / "browser_tfjs_wasm_readme.csv"
HEAD = "device,model,backend,ms\n"


def test_the_published_table_is_read_whole_with_columns_that_nobody_asked_for():
    rows = read_table(PUBLISHED)
    assert len(rows) == 60
    assert rows[0].device == "iPhone X"
    assert (rows[0].line, rows[0].ms, rows[0].warmup_ms, rows[0].error_rate) == (3, 147.1, 147.1, 0.0)


def test_optional_columns_are_read_in_any_order_and_case():
    (row,) = parse_table(
        'Backend,MS,error_rate,warmup_ms,device,model,variant,default\nWebGL,5,0.1,70,"a, b",m,float16,yes\n',
        "t.csv",
    )
    assert (row.backend, row.variant, row.ms, row.warmup_ms, row.error_rate) == (
        "webgl",
        "float16",
        5,
        70,
        0.1,
    )
    assert (row.device, row.default) == ("a, b", True)


def test_comments_empty_lines_and_a_byte_order_mark_are_no_rows(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(f"\ufeff# by hand\n\n{HEAD}# a phone\na,m,cpu,1\n\n", encoding="utf-8")
    assert [(row.line, row.device) for row in read_table(file)] == [(5, "a")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "t.csv is empty: write the header `device,model,backend,ms`"),
        ("# nothing\n", "t.csv is empty"),
        (HEAD, "t.csv has a header and no line below it"),
        (
            "device,model,ms\na,m,1\n",
            "t.csv, line 1: the header lacks backend; it needs device, model, backend, ms",
        ),
        (
            "# c\ndevice;model;backend;ms\n",
            "t.csv, line 2: the header lacks .*separate the columns by commas",
        ),
        ("device,model,backend,ms,ms\n", "line 1: the header has ms more than once"),
        (f"{HEAD}a,m,cpu\n", "t.csv, line 2: 3 fields, but the header has 4"),
        (f"{HEAD}a,b,m,cpu,1\n", "line 2: 5 fields, but the header has 4; put a text with a comma in quotes"),
        (f"{HEAD},m,cpu,1\n", "line 2: device is empty"),
        (f"{HEAD}a,m,gpu,1\n", "line 2: there is no backend 'gpu'; write one of cpu, wasm, wasm-simd"),
        (f"{HEAD}a,m,other,1\n", "line 2: there is no backend 'other'"),
        (
            f"{HEAD}a,my model,cpu,1\n",
            "line 2: model 'my model' is no name for a page; write up to 64 letters",
        ),
        (
            f"{HEAD}a,m,cpu,fast\n",
            "line 2: ms is 'fast'; write milliseconds above 0 \\(and up to 600,000\\), such as 20.3",
        ),
        (f"{HEAD}a,m,cpu,0\n", "line 2: ms is '0'"),
        (f"{HEAD}a,m,cpu,nan\n", "line 2: ms is 'nan'"),
        (f"{HEAD}a,m,cpu,inf\n", "line 2: ms is 'inf'"),
        (f"{HEAD}a,m,cpu,1\nb,m,cpu,1\na,m,cpu,2\n", "line 4: the same device, model and backend as line 2"),
        (f'{HEAD}a,m,cpu,1\n"b,m,cpu,1\n', "t.csv, line 3: a quote is not closed"),
        ("device,model,backend,ms,error_rate\na,m,cpu,1,2\n", "line 2: error_rate is '2'; write a share"),
        ("device,model,backend,ms,default\na,m,cpu,1,maybe\n", "line 2: default is 'maybe'; write yes"),
        (
            "device,model,backend,ms,default\na,m,cpu,1,yes\na,m,webgl,1,yes\n",
            "line 3: .*another default in line 2",
        ),
    ],
)
def test_a_mistake_is_named(text, said):
    with pytest.raises(BadTable, match=said):
        parse_table(text, "t.csv")


def test_all_mistakes_are_told_at_once_and_no_more_than_ten_of_them():
    with pytest.raises(BadTable) as error:
        parse_table(HEAD + "a,m,gpu,1\n" * 30, "t.csv")
    told = str(error.value).splitlines()
    assert told[0].startswith("t.csv, line 2: ")
    assert told[9].startswith("t.csv, line 11: ")
    assert told[10:] == ["and 20 more like these"]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BadTable, match=r"nope\.csv cannot be read: No such file or directory"):
        read_table(tmp_path / "nope.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEAD.encode() + "Gerät,m,cpu,1\n".encode("latin-1"))
    with pytest.raises(BadTable, match=r"latin\.csv, line 2: not UTF-8; save the table as UTF-8"):
        read_table(latin)
