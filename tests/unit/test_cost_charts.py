from decimal import Decimal

import duckdb

from audit_assets.artifacts.cost_charts import idle_by_node_and_day
from audit_assets.artifacts.facts import Facts

COSTS = {"a": ("0.3", "0.2", "0.1"), "b": ("0.1", "0.2", "0.3")}  # as doubles, 0.6 and 0.6000000000000001


def drawn(nodes: str) -> str:
    connection = duckdb.connect()
    connection.execute(
        "create table fct_idle_cost_daily (day date, node text, split_rule text, idle_class text, cost decimal(18, 6))",
    )
    for node in nodes:
        for day, cost in enumerate(COSTS[node], start=1):
            connection.execute(
                "insert into fct_idle_cost_daily values (?, ?, 'gpu_only', 'allocated', ?)", [f"2026-03-0{day}", node, Decimal(cost)]
            )
    chart = idle_by_node_and_day(Facts(connection, {}))
    assert chart
    return chart.alt


def test_nodes_that_cost_the_same_are_drawn_by_name_whatever_the_order_of_rows() -> None:
    assert "; a is the dearest" in drawn("ab")
    assert "; a is the dearest" in drawn("ba")
