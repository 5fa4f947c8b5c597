"""YAML that is broken, hostile or a template, next to YAML that is fine."""

import time

import pytest

from audit_assets.manifests.yaml_documents import MAX_DEPTH, TEMPLATE, Document, Refused, read_documents


def bomb() -> str:
    """386 bytes or so that stand for 9^9 values."""
    lines = ["a0: &a0 [" + ",".join("x" * 9) + "]"]
    lines += [f"a{level}: &a{level} [" + ",".join([f"*a{level - 1}"] * 9) + "]" for level in range(1, 9)]
    return "\n".join(lines)


def only(text: str) -> Document | Refused:
    (found,) = read_documents(text)
    return found


def test_an_alias_bomb_is_refused_at_once_with_its_line() -> None:
    text = bomb()
    assert len(text) < 450
    started = time.process_time()
    found = only(text)
    assert isinstance(found, Refused) and "aliases stand for more than" in found.reason and found.line == 6
    assert time.process_time() - started < 1


def test_ordinary_anchors_and_merges_load() -> None:
    found = only("base: &b {a: 1}\nuse: {<<: *b, c: 2}\nagain: *b")
    assert isinstance(found, Document) and found.value == {"base": {"a": 1}, "use": {"a": 1, "c": 2}, "again": {"a": 1}}


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000 + "x", "{a: " * 5_000, "a: &a [*a]"])
def test_what_would_exhaust_the_stack_is_refused(text: str) -> None:
    """libyaml composes by recursion in C: without the guard the first two end the process."""
    found = only(text)
    assert isinstance(found, Refused)
    assert "contains itself" in found.reason or f"deeper than {MAX_DEPTH}" in found.reason


def test_a_bad_document_is_refused_with_its_line_and_the_others_load() -> None:
    found = list(read_documents("a: 1\n---\nb: [1,\nc: }\n---\n# only a comment\n---\nd: 4\n"))
    assert [type(each) for each in found] == [Document, Refused, Document]
    bad, last = found[1], found[2]
    assert isinstance(bad, Refused) and bad.line in (3, 4) and bad.reason.startswith("not valid YAML")
    assert isinstance(last, Document) and last.value == {"d": 4} and last.line == 8


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: A\nreplicas: {{ .Values.replicas }}", 2),
        ("kind: A\n{{- if .Values.on }}\nb: 1\n{{- end }}", 2),
        ("name: '{{ .Release.Name }}-x'", 1),
        ("{% for a in b %}\n- {{ a }}\n{% endfor %}", 1),
        ("image: {{ registry }}/x", 1),
    ],
)
def test_templates_are_refused_by_name(text: str, line: int) -> None:
    assert only(text) == Refused(line, TEMPLATE)


def test_alert_annotations_are_not_templates() -> None:
    found = only("annotations:\n  summary: '{{ $labels.node }} is hot'\n  text: |\n    {{ range query \"up\" }}{{ . }}{{ end }}\n")
    assert isinstance(found, Document)


def test_a_key_written_twice_is_refused_where_pyyaml_takes_the_last() -> None:
    found = only("spec:\n  replicas: 3\n  replicas: 1\n")
    assert found == Refused(3, "the key 'replicas' is written twice")


def test_scalars_are_read_as_kubernetes_reads_them() -> None:
    found = only("a: 2024-01-01\nb: 1:30\nc: =\nd: 010\ne: yes\nf: 0.5\ng: 1e3\nh: !Ref x\ni: 1_000")
    assert isinstance(found, Document)
    assert found.value == {"a": "2024-01-01", "b": "1:30", "c": "=", "d": 8, "e": True, "f": 0.5, "g": 1000.0, "h": "x", "i": 1000}


def test_code_is_never_run() -> None:
    found = only("a: !!python/object/apply:os.system ['true']")
    assert isinstance(found, Refused) and "could not determine a constructor" in found.reason
