"""Metrics text: what is loaded, what is set aside with its line, and what is refused whole."""

import gzip
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_assets.errors import SourceRejected
from audit_assets.metrics.labels import SeriesName, parse_key, pod_of, relabelled_exporters, series_id
from audit_assets.metrics.text_blocks import BLOCK_BYTES
from tests.unit.metrics_text import DAY, DAY_START, exposition_of, extracted, files_source, samples_of, write_text

MIDNIGHT = datetime(2026, 9, 21, tzinfo=UTC)


def _set_aside(folder, day=DAY):
    part = extracted(files_source(folder), [day], folder / ".scratch")["samples", day]
    return [(row["uri"], row["position"], row["reason"]) for row in part.quarantined.to_pylist()]


@pytest.mark.parametrize("name", ["a.om", "a.om.gz", "a.prom", "a.txt.gz", "deep/er/a.prom.gz"])
def test_files_by_any_of_the_names(tmp_path, name):
    write_text(tmp_path, f'up{{job="a"}} 1 {DAY_START}\nup{{job="a"}} 0 {DAY_START + 60}\n# EOF\n', name)
    assert samples_of(tmp_path) == [("up", MIDNIGHT, 1.0), ("up", MIDNIGHT + timedelta(seconds=60), 0.0)]


def test_prometheus_text_in_milliseconds_equals_openmetrics_in_seconds(tmp_path):
    write_text(tmp_path / "om", f"# TYPE m counter\nm_total 5 {DAY_START}.5\n# EOF\n")
    write_text(tmp_path / "prom", f"# TYPE m_total counter\nm_total 5 {DAY_START}500\n", "a.prom")
    assert samples_of(tmp_path / "om") == samples_of(tmp_path / "prom") == [("m_total", MIDNIGHT + timedelta(seconds=0.5), 5.0)]


def test_a_file_of_several_days_is_read_once_and_cut_at_midnight_utc(tmp_path):
    lines = [f"m {hour} {DAY_START + hour * 3600}" for hour in range(72)]
    write_text(tmp_path, "\n".join([*lines, "# EOF", ""]))
    source = files_source(tmp_path)
    days = [DAY + timedelta(days=number) for number in range(3)]
    assert source.probe().days == frozenset(days)
    parts = extracted(source, days[1:], tmp_path / ".scratch")
    assert {key: part.rows.num_rows for key, part in parts.items()} == {
        ("samples", days[1]): 24, ("series", days[1]): 1, ("samples", days[2]): 24, ("series", days[2]): 1,
    }  # fmt: skip
    assert parts["samples", days[1]].rows["value"].to_pylist() == list(range(24, 48))


def test_labels_with_escapes_braces_commas_and_utf8(tmp_path):
    write_text(tmp_path, f'm{{a="q\\"}},",b="back\\\\slash", c="new\\nline",d="zürich 日本",e="",}} 1 {DAY_START}\n# EOF\n')
    (row,) = extracted(files_source(tmp_path), [DAY], tmp_path / ".scratch")["series", DAY].rows.to_pylist()
    assert dict(row["labels"]) == {"a": 'q"},', "b": "back\\slash", "c": "new\nline", "d": "zürich 日本"}


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True), st.text(min_size=1, max_size=20), max_size=6))
def test_any_label_value_survives_writing_and_reading(labels):
    def escaped(value):
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    written = "m{" + ",".join(f'{key}="{escaped(value)}"' for key, value in labels.items()) + "}"
    assert parse_key(written.encode("utf-8", "surrogatepass")) == SeriesName.of("m", labels)


def test_quoted_names_as_prometheus_3_writes_them():
    assert parse_key(b'{"http.requests", "host.name"="a"}') == SeriesName("http.requests", (("host.name", "a"),))


@pytest.mark.parametrize("key", [b"1m", b"m{a=b}", b'm{a="1",a="2"}', b'm{a="1" b="2"}', b'm{"x"}', b'{a="1"}', b"m\xff"])
def test_keys_that_cannot_be_read(key):
    with pytest.raises(ValueError, match=r"."):
        parse_key(key)


def test_series_id_does_not_depend_on_label_order_or_empty_labels_but_on_everything_else():
    def of(text, cluster="c"):
        return series_id(cluster, parse_key(text.encode()))

    assert of('m{a="1",b="2"}') == of('m{b="2", a="1", c=""}')
    others = {of('m{a="1",b="2"}', "d"), of('n{a="1",b="2"}'), of('m{a="12"}'), of('m{a="1",b="3"}'), of('m{a1="",b="12"}')}
    assert len(others | {of('m{a="1",b="2"}')}) == 6
    assert of("up") == 6265738097979196504  # pinned: ids are kept between versions


def test_exemplars_and_created_series_are_left_out(tmp_path):
    write_text(
        tmp_path,
        f"""# TYPE req counter
req_total 5 {DAY_START} # {{trace_id="abc"}} 0.67 {DAY_START}
req_created {DAY_START} {DAY_START}
# TYPE lat histogram
lat_bucket{{le="+Inf"}} 3 {DAY_START} # {{trace_id="x y"}} 1
lat_count 3 {DAY_START}
lat_sum 3 {DAY_START}
lat_created 1 {DAY_START}
# TYPE kube_pod_created gauge
kube_pod_created 1 {DAY_START}
# EOF
""",
    )
    assert [metric for metric, _, _ in samples_of(tmp_path)] == ["kube_pod_created", "lat_bucket", "lat_count", "lat_sum", "req_total"]


def test_types_are_declared_catalogued_or_by_suffix(tmp_path):
    names = {
        "a": "gauge", "b_total": "counter", "c_bucket": "histogram", "c_count": "histogram", "d_sum": "summary", "d_count": "summary",
        "lonely_count": "unknown", "DCGM_FI_DEV_GPU_UTIL": "gauge", "DCGM_FI_DEV_THERMAL_VIOLATION": "counter", "e_info": "info",
        "f": "unknown", "tgi_request_count": "counter", "gauge_total": "gauge", "kube_pod_info": "info",
    }  # fmt: skip
    text = "# TYPE a gauge\n# TYPE gauge_total gauge\n" + "".join(f"{name} 1 {DAY_START}\n" for name in names)
    write_text(tmp_path, text, "a.prom")
    rows = extracted(files_source(tmp_path), [DAY], tmp_path / ".scratch")["series", DAY].rows.to_pylist()
    assert {row["metric"]: row["metric_type"] for row in rows} == names


def test_nan_says_nothing_and_infinity_is_kept(tmp_path):
    write_text(tmp_path, f"m NaN {DAY_START}\nm +Inf {DAY_START + 1}\nm 3 {DAY_START + 2}\n# EOF\n")
    assert [value for _, _, value in samples_of(tmp_path)] == [float("inf"), 3.0]


def test_bad_lines_are_set_aside_with_their_number_and_the_rest_loads(tmp_path):
    text = f"""this is no sample
m 1 {DAY_START}
m{{a="open 2 {DAY_START}
m 3
m 4 {DAY_START} junk
m{{a=b}} 5 {DAY_START}
m six {DAY_START}

m 7 {DAY_START + 60}
# EOF
"""
    write_text(tmp_path, text)
    assert [value for _, _, value in samples_of(tmp_path)] == [1.0, 7.0]
    assert _set_aside(tmp_path) == [
        ("metrics.om", 1, "no readable value"),
        ("metrics.om", 3, "labels are not closed"),
        ("metrics.om", 4, "sample has no timestamp"),
        ("metrics.om", 5, "text after the timestamp"),
        ("metrics.om", 6, "labels cannot be read from 'a=b' on"),
        ("metrics.om", 7, "no readable value"),
    ]


def test_a_bad_line_belongs_to_the_day_around_it_and_to_no_other(tmp_path):
    write_text(tmp_path, f"bad top\nm 1 {DAY_START}\nm 2 {DAY_START + 86400}\nbad below\n# EOF\n")
    assert [position for _, position, _ in _set_aside(tmp_path)] == [1]
    assert [position for _, position, _ in _set_aside(tmp_path, DAY + timedelta(days=1))] == [4]


def test_lines_are_counted_across_blocks(tmp_path):
    filler = f'm{{filler="{"x" * 90}"}} 1 {DAY_START}\n'
    times = 2 * BLOCK_BYTES // len(filler)
    write_text(tmp_path, filler * times + "bad\n" + f"n 2 {DAY_START}\n# EOF\n")
    assert [position for _, position, _ in _set_aside(tmp_path)] == [times + 1]
    assert samples_of(tmp_path)[-1] == ("n", MIDNIGHT, 2.0)


@pytest.mark.parametrize("line", ["m 1 {t}\r\n", "  m\t1 \t {t}  \n", "m {{}} 1 {t}\n", "m{{}} 1 {t}\n"])
def test_blanks_and_windows_line_ends(tmp_path, line):
    write_text(tmp_path, line.format(t=DAY_START) + "\r\n\n# EOF\n")
    assert samples_of(tmp_path) == [("m", MIDNIGHT, 1.0)]


def test_a_name_before_a_distant_brace_is_not_the_bare_series(tmp_path):
    write_text(tmp_path, f'm 1 {DAY_START}\nm {{a="b"}} 2 {DAY_START}\nm 3 {DAY_START + 1}\n# EOF\n')
    rows = extracted(files_source(tmp_path), [DAY], tmp_path / ".scratch")["series", DAY].rows.to_pylist()
    assert sorted((row["samples"], dict(row["labels"])) for row in rows) == [(1, {"a": "b"}), (2, {})]


def test_equal_samples_count_once_and_the_last_file_wins_a_dispute(tmp_path):
    write_text(tmp_path, f"m 1 {DAY_START}\nm 2 {DAY_START + 60}\n# EOF\n", "a.om")
    write_text(tmp_path, f"m 2 {DAY_START + 60}\nm 9 {DAY_START}\nm 3 {DAY_START + 30}\n# EOF\n", "b.om")
    assert [value for _, _, value in samples_of(tmp_path)] == [9.0, 3.0, 2.0]
    ((uri, line, reason),) = _set_aside(tmp_path)
    assert (uri, line) == ("a.om", 1)
    assert "another value" in reason


def test_samples_are_sorted_by_series_and_time_whatever_the_order_of_lines(tmp_path):
    lines = [f'm{{s="{series}"}} {second} {DAY_START + second}' for second in (5, 3, 4, 1) for series in range(3)]
    write_text(tmp_path, "\n".join([*lines, "# EOF", ""]))
    rows = extracted(files_source(tmp_path), [DAY], tmp_path / ".scratch")["samples", DAY].rows
    keys = list(zip(rows["series_id"].to_pylist(), rows["ts"].to_pylist(), strict=True))
    assert keys == sorted(keys)
    assert len(keys) == 12


def test_what_a_series_says_of_its_day(tmp_path):
    write_text(tmp_path, "".join(f"m {t} {DAY_START + t}\n" for t in (0, 60, 120, 420)) + "# EOF\n")
    (row,) = extracted(files_source(tmp_path), [DAY], tmp_path / ".scratch")["series", DAY].rows.to_pylist()
    assert (row["samples"], row["first_value"], row["last_value"]) == (4, 0.0, 420.0)
    assert (row["interval_seconds"], row["longest_gap_seconds"]) == (60.0, 300.0)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.prom", "up 1\nup 0\n", "no timestamps"),
        ("a.prom", "<!DOCTYPE html><html></html>", "HTML"),
        ("a.prom", ' {"status":"success","data":{}}', "JSON"),
        ("a.prom", "[1, 2]", "JSON"),
        ("a.prom", b"PAR1\x00\x00\x00", "NUL"),
        ("a.prom", "just words\nand more words here\n", "no line is a sample"),
        ("a.om", f"m 1 {DAY_START}\n", "# EOF"),
        ("a.prom", f"m 1 {DAY_START}\n".encode("utf-16-le"), "NUL"),
        ("a.prom", "x" * 5_000_000, "longer than"),
    ],
)
def test_what_is_no_history_is_refused_by_name(tmp_path, name, content, reason):
    with pytest.raises(SourceRejected, match=reason) as refusal:
        list(exposition_of(tmp_path, content, name).blocks())
    assert refusal.value.uri == name
    assert refusal.value.fix


@pytest.mark.parametrize("keep", [0, 1, 10, -1, -9])
def test_a_cut_gzip_is_refused_whole_and_other_files_load(tmp_path, keep):
    whole = gzip.compress("".join(f"m {second} {DAY_START + second}\n" for second in range(5000)).encode() + b"# EOF\n")
    (tmp_path / "cut.om.gz").write_bytes(whole[:keep])
    write_text(tmp_path, f"n 1 {DAY_START}\n# EOF\n", "good.om")
    source = files_source(tmp_path)
    assert [refused.uri for refused in source.rejections()] == ["cut.om.gz"]
    assert samples_of(tmp_path) == [("n", MIDNIGHT, 1.0)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_are_read_by_their_mark(tmp_path, encoding):
    write_text(tmp_path, f'm{{a="ü"}} 1 {DAY_START}\n# EOF\n'.encode(encoding))
    assert samples_of(tmp_path) == [("m", MIDNIGHT, 1.0)]


def test_broken_utf16_is_refused(tmp_path):
    with pytest.raises(SourceRejected, match="UTF-16"):
        list(exposition_of(tmp_path, "m 1 5\n".encode("utf-16") + b"\x00").blocks())


def test_a_file_without_samples_is_not_an_error(tmp_path):
    write_text(tmp_path, "# HELP m nothing yet\n# EOF\n")
    source = files_source(tmp_path)
    assert source.rejections() == ()
    assert extracted(source, [DAY], tmp_path / ".scratch") == {}


def test_the_last_line_needs_no_newline(tmp_path):
    write_text(tmp_path, f"m 1 {DAY_START}", "a.prom")
    assert len(samples_of(tmp_path)) == 1


def test_extraction_of_a_day_alone_equals_extraction_with_others(tmp_path):
    text = "".join(f"m {hour} {DAY_START + hour * 3600}\nn_total {hour} {DAY_START + hour * 3600}\n" for hour in range(48))
    write_text(tmp_path, text + "# EOF\n")
    source = files_source(tmp_path)
    days = [DAY, DAY + timedelta(days=1)]
    together = extracted(source, days, tmp_path / ".together")
    for day in days:
        alone = extracted(source, [day], tmp_path / f".{day}")
        assert all(alone[table, day].rows.equals(together[table, day].rows) for table in ("samples", "series"))


def _pods(*names):
    relabelled = relabelled_exporters(names)
    return [pod_of(name, relabelled) for name in names]


def test_the_pod_that_a_series_is_about():
    exporter = {"namespace": "gpu-operator", "pod": "nvidia-dcgm-exporter-x7"}
    held = SeriesName.of("DCGM_FI_DEV_GPU_UTIL", {**exporter, "exported_namespace": "chat", "exported_pod": "llm-0"})
    free = SeriesName.of("DCGM_FI_DEV_GPU_UTIL", {**exporter, "gpu": "1"})
    assert _pods(held, free) == [("chat", "llm-0"), (None, None)]
    assert _pods(free) == [(None, None)]
    assert _pods(SeriesName.of("DCGM_FI_DEV_GPU_UTIL", {"namespace": "chat", "pod": "llm-0"})) == [("chat", "llm-0")]
    assert _pods(SeriesName.of("vllm:x", {"namespace": "chat", "pod": "llm-0"})) == [("chat", "llm-0")]


def test_days_are_remembered_by_content(tmp_path):
    write_text(tmp_path, f"m 1 {DAY_START}\n# EOF\n")
    source = files_source(tmp_path)
    assert source.inputs([DAY, date(2026, 9, 22)])[DAY]
    assert len(list((tmp_path / ".index").glob("*.json"))) == 1


def test_a_day_that_does_not_fit_into_memory_is_the_same_day(tmp_path, monkeypatch):
    for file in range(3):
        lines = [f'm{{s="{series}"}} {file * (series % 7)} {DAY_START + 60 * minute}' for minute in range(40) for series in range(50)]
        write_text(
            tmp_path, "\n".join([*lines, f"gone_created {file} {DAY_START}", f"gone_total 1 {DAY_START}", "# EOF", ""]), f"{file}.om"
        )
    source = files_source(tmp_path)
    small = extracted(source, [DAY, DAY + timedelta(days=1)], tmp_path / ".small")
    monkeypatch.setattr("audit_assets.metrics.day_samples.ROWS_WAITING", 100)
    monkeypatch.setattr("audit_assets.metrics.day_samples.ROWS_AT_ONCE", 300)
    large = extracted(source, [DAY, DAY + timedelta(days=1)], tmp_path / ".large")
    assert small.keys() == large.keys()
    assert small["samples", DAY].rows.num_rows == 50 * 40 + 1
    for key, part in small.items():
        assert part.rows.equals(large[key].rows)
        order = [("raw", "ascending"), ("uri", "ascending"), ("position", "ascending")]
        assert part.quarantined.sort_by(order).equals(large[key].quarantined.sort_by(order))
    assert not list((tmp_path / ".large").glob("*.spill"))
