import shlex
import sys
from pathlib import Path

import pytest

from audit_assets.console import typed


def test_a_shown_command_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "assay")])
    query = "select claim_id from fct_claims where status = 'unknown'"
    shown = typed("sql", "--home", tmp_path / "my home", query)
    assert shown == f""".venv/bin/assay sql --home 'my home' "{query}\""""
    assert shlex.split(shown) == [".venv/bin/assay", "sql", "--home", "my home", query]


def test_a_word_that_a_shell_would_change_in_double_quotes_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/assay"])
    query = "select '$HOME', \"Tags\""
    assert shlex.split(typed("sql", query)) == ["assay", "sql", query]
