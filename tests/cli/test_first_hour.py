"""The commands of a first hour, typed as written in an empty folder, without a connection to the outside."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import COMMANDS, TICKETS, Prepared
from tests.cli.running import inside, typed

CLUSTER_KEYS = {
    *("id", "title", "rank", "ticket_ids", "connection"),
    *("score", "currency", "unit", "as_of", "config_version", "data_snapshot", "risk_now", "momentum"),
    *("support_cost", "growth", "known_share", "range80", "without_largest", "n_eff", "accounts", "tickets", "badges"),
    *("by_segment", "contributions", "delta_vs_previous"),
}
CONTRIBUTION_KEYS = {
    *("account", "segment", "V", "V_source", "beta", "r", "e", "omega", "m", "deciding_ticket"),
    *("risk_now", "momentum"),
}


def test_every_command_works_as_typed(prepared: Prepared) -> None:
    for command, ran in zip(COMMANDS, prepared.ran, strict=True):
        assert (ran.code, ran.err) == (0, ""), f"{command}: {ran}"


def test_the_ranking_says_the_same_twice_byte_by_byte(prepared: Prepared) -> None:
    first, second = prepared.ran[-2:]

    assert first.out == second.out
    assert first.json["as_of"] <= "2026-11-01T00:00:00Z"


def test_the_ranking_has_the_documented_keys(prepared: Prepared) -> None:
    found = prepared.ran[-1].json

    assert {"as_of", "config_version", "clusters"} <= found.keys()
    assert found["clusters"]
    for cluster in found["clusters"]:
        assert cluster.keys() >= CLUSTER_KEYS, CLUSTER_KEYS - cluster.keys()
        assert cluster["contributions"]
        for part in cluster["contributions"]:
            assert part.keys() == CONTRIBUTION_KEYS
            assert part["deciding_ticket"] in cluster["ticket_ids"]
        assert (
            sum(part["risk_now"] for part in cluster["contributions"]) == cluster["risk_now"]
            or abs(sum(part["risk_now"] for part in cluster["contributions"]) / cluster["risk_now"] - 1) < 1e-9
        )


def test_the_ranking_is_best_first_and_holds_every_ticket_once(prepared: Prepared) -> None:
    clusters = prepared.ran[-1].json["clusters"]
    ids = [ticket for cluster in clusters for ticket in cluster["ticket_ids"]]

    assert [cluster["rank"] for cluster in clusters] == list(range(1, len(clusters) + 1))
    assert sorted((c["score"] for c in clusters), reverse=True) == [c["score"] for c in clusters]
    assert sorted(ids) == sorted(f"T-{n + 1}" for n in range(TICKETS))
    assert all(isinstance(cluster["id"], int) for cluster in clusters)


def test_accounts_are_named_and_valued_as_in_the_file(prepared: Prepared) -> None:
    parts = [part for cluster in prepared.ran[-1].json["clusters"] for part in cluster["contributions"]]
    values = {part["account"]: (part["V"], part["segment"]) for part in parts}

    assert values["Copper Kettle"] == (120_000, "strategic")
    assert values["Blue Lantern"] == (30_000, "mid-market")
    assert values["Paper Boat"] == (4_000, "self-serve")


def test_without_an_instant_the_stored_run_is_shown(home: Path) -> None:
    found = inside("--home", home, "export", "ranking", "--json").json

    assert found["source"] == "stored run"
    assert inside("--home", home, "export", "ranking").out.count("IB-") == min(20, len(found["clusters"]))


def test_a_second_sync_and_import_find_nothing_to_do(home: Path, prepared: Prepared) -> None:
    again = inside("--home", home, "import", "tickets", prepared.folder / "T.csv", "--json")
    assert (again.code, again.json["done"], again.json["skipped"]) == (0, 0, TICKETS)

    steps = inside("--home", home, "sync", "--json").json["steps"]
    assert {step["step"]: step["done"] for step in steps} == dict.fromkeys(
        ("relearn", "embed", "group", "rank", "alert", "deliver", "plan", "push", "digest"), 0
    )


def test_help_and_version_are_quick_and_list_every_command(tmp_path: Path) -> None:
    shown = typed("--help", cwd=tmp_path).out

    for name in ("init", "demo", "check", "sync", "worker", "status", "import", "export", "clusters", "remedy"):
        assert f" {name} " in shown
    assert "Exit codes" in shown
    assert typed("--version", cwd=tmp_path).out.startswith("issue-bridge")
