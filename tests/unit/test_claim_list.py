from audit_assets.warehouse.claim_list import PAGE, page_text


def test_the_page_of_claims_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run `make claims`"
