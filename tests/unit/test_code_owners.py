"""Who owns a path: GitHub's and GitLab's rules, and where their files are looked for."""

from pathlib import Path, PurePosixPath

import pytest

from audit_assets.manifests.code_owners import owners_of, read_rules
from tests.unit.manifest_reading import END, deployment, read, source_of, write

GITHUB = """
# comments and blank lines say nothing
*       @global-owner1 @global-owner2   # and neither does this
*.js    @js-owner
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/scripts/ @doctocat @octocat
**/charts @acme/charts
/apps/github
with\\ space/ @acme/spaced
"""
GITLAB = """
* @everyone
README.md @docs
[Database] @acme/dba
model/db/
config/db/database-setup.md @docs-team
^[Optional][2] @acme/late
*.tf
!generated.tf
"""


def owners(text: str, path: str, gitlab: bool = False) -> list[tuple[str, ...]]:
    return [owned.owners for owned in owners_of(PurePosixPath(path), read_rules(text, gitlab)[0])]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", ("@global-owner1", "@global-owner2")),
        ("src/deep/x.js", ("@js-owner",)),
        ("build/logs/a/b.txt", ("@doctocat",)),
        ("sub/build/logs/a.txt", ("@global-owner1", "@global-owner2")),  # anchored by the slash in front
        ("docs/getting-started.md", ("docs@example.com",)),
        ("docs/build-app/troubleshooting.md", ("@global-owner1", "@global-owner2")),  # one level only
        ("x/apps/y/z.yaml", ("@octocat",)),  # no slash in front or inside: at any depth
        ("scripts/run.sh", ("@doctocat", "@octocat")),
        ("a/b/charts/values.yaml", ("@acme/charts",)),
        ("with space/x.yaml", ("@acme/spaced",)),
    ],
)
def test_the_last_rule_that_matches_decides(path: str, expected: tuple[str, ...]) -> None:
    assert owners(GITHUB, path) == [expected]


def test_a_rule_without_owners_takes_them_away() -> None:
    assert owners(GITHUB, "apps/github/x.yaml") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("deep/README.md", [("@docs",)]),
        ("x/model/db/a.sql", [("@everyone",), ("@acme/dba",)]),
        ("config/db/database-setup.md", [("@everyone",), ("@docs-team",)]),
        ("infra/main.tf", [("@everyone",), ("@acme/late",)]),
        ("infra/generated.tf", [("@everyone",)]),
    ],
)
def test_each_section_of_gitlab_has_its_own_last_rule(path: str, expected: list[tuple[str, ...]]) -> None:
    assert owners(GITLAB, path) == expected


def test_a_line_that_is_no_rule_is_a_mistake_with_its_line() -> None:
    rules, mistakes = read_rules("* @a\n/x/ nobody!\n!y @b\n", in_gitlab=False)
    assert [rule.line for rule in rules] == [1]
    assert [mistake.line for mistake in mistakes] == [2, 3]


def test_manifests_have_the_owners_of_the_file_in_the_hidden_folder(tmp_path: Path) -> None:
    base = write(tmp_path, apps__chat=deployment(), apps__docs=deployment("docs"))
    for folder, text in ((".github", "* @acme/all\n/apps/docs.yaml @acme/docs\nbad line!\n"), ("docs", "* @acme/other\n")):
        (base / "manifests" / folder).mkdir()
        (base / "manifests" / folder / "CODEOWNERS").write_text(text)
    rows, quarantined, refused = read(base)
    assert [(row["file_uri"], row["owners"], row["source_uri"]) for row in rows["code_owners"]] == [
        ("manifests/apps/chat.yaml", ["@acme/all"], "manifests/.github/CODEOWNERS:1"),
        ("manifests/apps/docs.yaml", ["@acme/docs"], "manifests/.github/CODEOWNERS:2"),
    ]
    assert [(row["uri"], row["position"]) for row in quarantined] == [("manifests/.github/CODEOWNERS", 3)]
    assert refused == ()


def test_a_named_file_outside_speaks_for_the_paths_of_its_repository(tmp_path: Path) -> None:
    base = write(tmp_path, chat=deployment())
    (base / "CODEOWNERS").write_text("/chat.yaml @acme/wrong\n/manifests/ @acme/right\n")
    source = source_of(base)
    source.codeowners = "CODEOWNERS"
    partitions = {p.table.name: p for p in source.extract(source.inputs([END]), base)}
    assert [row["owners"] for row in partitions["code_owners"].rows.to_pylist()] == [["@acme/right"]]  # type: ignore[union-attr]


def test_a_named_file_that_is_not_there_is_refused_and_the_manifests_load(tmp_path: Path) -> None:
    base = write(tmp_path, chat=deployment())
    source = source_of(base)
    source.codeowners = "elsewhere/CODEOWNERS"
    assert [refused.uri for refused in source.rejections()] == ["elsewhere/CODEOWNERS"]
    assert [p.rows.num_rows for p in source.extract(source.inputs([END]), base) if p.table.name == "k8s_objects"] == [1]  # type: ignore[union-attr]
