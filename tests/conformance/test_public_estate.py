"""The audit runs through on public data that does not fit together, says what is unknown and why, and invents nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.public_estate import SHARED, gpu_trace_files, write_public_estate
from tests.conftest import Audited, assay

pytestmark = [
    pytest.mark.skipif(not SHARED.exists(), reason="../shared is not beside this checkout: the public data is not part of the project"),
]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, prometheus_server: Callable[..., str]) -> Audited:
    folder = tmp_path_factory.mktemp("public")
    (folder / "trace").mkdir()
    url = prometheus_server(gpu_trace_files(folder / "trace"))
    audit = write_public_estate(folder / "estate", url)
    done = assay("run", "--audit", audit, "--home", folder / "home", check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2), done.stderr
    return Audited(folder / "estate", folder / "home", done.stdout + done.stderr)


def test_the_rounded_bill_is_flagged(public: Audited) -> None:
    ((console, true_value),) = public.query(
        "select console_value, true_value from fct_console_lies where lie_id like 'L33%' and subject ilike '%aws%'"
    )
    assert console != true_value


def test_every_row_of_the_bill_is_loaded(public: Audited) -> None:
    assert public.query("select sum(rows_loaded), sum(rows_quarantined) from meta_sources where source = 'focus'") == [(1000, 0)]


def test_the_gpu_trace_is_read_from_the_server(public: Audited) -> None:
    ((loaded,),) = public.query("select sum(rows_loaded) from meta_sources where source = 'gpus' and table_name = 'samples'")
    assert loaded > 250_000


def test_units_are_counted_and_their_cost_is_unknown(public: Audited) -> None:
    claims = public.claims()
    assert claims["cost.unit.conv-llm.1k_tokens"] == (None, "unknown")


def test_availability_without_an_error_counter_is_unknown(public: Audited) -> None:
    assert public.claims()["slo.conversation.availability.current"] == (None, "unknown")


def test_a_belief_that_nothing_can_test_is_untested(public: Audited) -> None:
    ((status,),) = public.query("select status from fct_claims where claim_id = 'belief.training-share'")
    assert status == "untested"


def test_unknown_claims_say_what_is_missing(public: Audited) -> None:
    silent = public.query("select claim_id from fct_claims where status = 'unknown' and coalesce(value_text, '') in ('', 'unknown')")
    assert silent == []


def test_the_four_documents_are_there(public: Audited) -> None:
    for name in ("cost_model", "risk_register", "slo_proposal", "roadmap"):
        assert Path(public.home / "artifacts" / f"{name}.html").stat().st_size > 5_000
