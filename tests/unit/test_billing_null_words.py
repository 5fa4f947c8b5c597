from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit_assets.billing.columns import NULL_WORDS
from audit_assets.billing.null_words import with_null_words


def unclean(path: Path, texts: list[str | None], **options: object) -> bool:
    pq.write_table(pa.table({"Region": pa.array(texts, pa.string())}), path / "bill.parquet", **options)
    return with_null_words(path / "bill.parquet", {"Region": '"Region"'}) == {'"Region"'}


@pytest.mark.parametrize("word", NULL_WORDS)
def test_a_column_with_a_word_for_null_is_unclean(tmp_path: Path, word: str) -> None:
    assert unclean(tmp_path, ["eu-west-1", word])
    assert unclean(tmp_path, ["eu-west-1"] * 4 + [word], row_group_size=2)


@pytest.mark.parametrize("texts", [[None, None], ["eu-west-1", "eu-west-3", None], ["USD"], ["Used"], ["é"]])
def test_a_column_whose_bounds_leave_no_room_for_one_is_clean(tmp_path: Path, texts: list[str | None]) -> None:
    assert not unclean(tmp_path, texts)


def test_what_statistics_do_not_tell_is_unclean(tmp_path: Path) -> None:
    assert unclean(tmp_path, ["Committed", "Standard"])  # None lies between them
    assert unclean(tmp_path, ["eu-west-1"], write_statistics=False)


def test_a_column_that_is_not_there_is_unclean(tmp_path: Path) -> None:
    pq.write_table(pa.table({"Region": ["x"]}), tmp_path / "bill.parquet")
    assert with_null_words(tmp_path / "bill.parquet", {"Zone": '"Zone"'}) == {'"Zone"'}
