"""The parts are put together only where they fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.bootstrap import build
from bridge.settings import SettingsError, load_settings

DESK = """\
[deliver]
request_timeout = 5

[connections.desk]
type = "request_tracker"
base_url = "https://support.example.com"
timeout_s = {seconds}
roles = [{roles}]
"""


def parts(home: Path, seconds: float, roles: str) -> None:
    (home / "config.toml").write_text(DESK.format(seconds=seconds, roles=roles), "utf-8")
    build(load_settings(home))


@pytest.mark.parametrize("roles", ["", '"remedy_sink"'])
def test_a_write_may_not_last_longer_than_delivery_reckons_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roles: str
) -> None:
    monkeypatch.setenv("BRIDGE__CONNECTIONS__DESK__TOKEN", "t")
    parts(tmp_path, 5, roles)
    with pytest.raises(SettingsError, match=r"\[connections.desk\], key 'timeout_s': 6 .* request_timeout = 5"):
        parts(tmp_path, 6, roles)
    parts(tmp_path, 6, '"help_desk"')


def test_each_job_has_connectors_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[connections.exports]\ntype = "files"\npath = "exports"\n', "utf-8")
    bridge = build(load_settings(tmp_path))
    other = bridge.with_own_connectors()

    assert other.db is bridge.db
    assert other.connections["exports"].connector is not bridge.connections["exports"].connector
