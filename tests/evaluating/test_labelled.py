"""Reading a labelled file: what cannot be used is counted and told, what cannot be read at all is an error in words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bridge.evaluating.labelled import Labelled, NotMeasurable, Row, read_labelled


def read(path: Path, **options: object) -> Labelled:
    return read_labelled(path, **{"text_column": "text", "label_column": "label", "in_order": True, **options})  # type: ignore[arg-type]


def written(tmp_path: Path, content: bytes, name: str = "labelled.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["labelled.csv", "labelled.csv.gz"])
def test_rows_as_they_stand(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, 'text,split,label\n"a, ""b""\nc",x,one\nä,y,two\n'.encode(), name)

    assert read(path) == Labelled((Row('a, "b"\nc', "one"), Row("ä", "two")), ())


def test_a_byte_order_mark_and_a_quoted_header_do_no_harm(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbf"text","label"\na,one\n')

    assert read(path).rows == (Row("a", "one"),)


def test_unusable_rows_are_counted_by_reason(tmp_path: Path) -> None:
    path = written(tmp_path, b"text,label\n,one\n \t,one\na,\nb\n\xff\xfe,one\nc,\xff\n\nd,two\nd,two\n")

    found = read(path)

    assert found.rows == (Row("d", "two"), Row("d", "two"))
    assert found.notes == (
        "1 rows set aside: label is not UTF-8",
        "2 rows set aside: no label",
        "2 rows set aside: no text",
        "1 rows set aside: text is not UTF-8",
        "1 rows repeat an earlier text: they count like any other",
    )


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"body,label\na,one\n", "f.csv", "no column 'text'; its columns: 'body', 'label'"),
        (b"", "f.csv", "no column 'text'; its columns: none: it is empty"),
        (b"text,label\n,one\n", "f.csv", "no row with both"),
        (b"text,label\na,one\n" * 400, "cut.csv.gz", "no whole gzip file"),
    ],
)
def test_a_file_that_cannot_be_measured_says_why(tmp_path: Path, content: bytes, name: str, said: str) -> None:
    path = written(tmp_path, content, name)
    if name.startswith("cut"):
        path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(NotMeasurable, match=said):
        read(path)


def test_plain_text_named_gz_and_a_missing_file(tmp_path: Path) -> None:
    plain = tmp_path / "f.csv.gz"
    plain.write_text("text,label\na,one\n")

    with pytest.raises(NotMeasurable, match="no whole gzip file"):
        read(plain)
    with pytest.raises(NotMeasurable, match="No such file"):
        read(tmp_path / "none.csv")


def test_a_sample_is_random_and_always_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, b"text,label\n" + b"".join(b"t%d,l%d\n" % (i, i // 10) for i in range(100)))

    one, again = read(path, limit=20), read(path, limit=20)

    assert one == again
    assert one.notes == ("a random sample of 20 of 100 rows, seed 0",)
    assert len({row.text for row in one.rows}) == 20
    assert len({row.label for row in one.rows}) > 3
    assert read(path, limit=100).notes == ()


def test_without_in_order_the_labels_come_mixed(tmp_path: Path) -> None:
    path = written(tmp_path, b"text,label\n" + b"".join(b"t%d,l%d\n" % (i, i // 50) for i in range(100)))

    mixed = read(path, in_order=False).rows

    assert set(mixed) == set(read(path).rows)
    assert len({row.label for row in mixed[:20]}) == 2
