"""The recipes and the mail sink do what the tests that use them rely on."""

from __future__ import annotations

import os
import smtplib
import subprocess
from pathlib import Path

import pytest

from tests.services.servers import RECIPES, UnavailableError, running
from tests.services.smtp_sink import SmtpSink


def test_the_mail_sink_keeps_who_got_what() -> None:
    with SmtpSink() as sink:
        host, port = sink.address.split(":")
        with smtplib.SMTP(host, int(port)) as client:
            client.sendmail("rt@example.test", ["A@acme.test", "b@acme.test"], "Subject: s\r\n\r\nfirst\r\n.dot\r\n")
            client.sendmail("rt@example.test", ["b@acme.test"], "Subject: t\r\n\r\nsecond\r\n")

    assert len(sink.to("a@acme.test")) == 1
    assert len(sink.to("b@acme.test")) == 2
    assert "\n.dot\r\n" in sink.mails[0].text


def stub(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """An environment in which apt, dpkg and debconf are stubs that note what they were asked and given."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    note = f'echo "${{0##*/}} $* gemfile=${{BUNDLE_GEMFILE-}}" >>{tmp_path}/calls'
    known = f'[ -e {tmp_path}/has-$p ] && echo "install ok installed"'
    stub(binaries, "dpkg-query", f"shift 2; for p; do {known}; done")
    stub(binaries, "dpkg", note)
    stub(binaries, "debconf-set-selections", "cat >/dev/null")
    made = f'for p; do touch "{tmp_path}/has-${{p//[^a-z0-9-]/}}"; done'
    stub(binaries, "apt-get", f'{note}; [ "$1" = install ] && {made}; exit 0')
    return {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "SVC_DIR": str(tmp_path / "state"),
        "SVC_PORT": "1",
        "SVC_POLICY": str(tmp_path / "policy"),
        "BUNDLE_GEMFILE": "/elsewhere/Gemfile",
        "TMPDIR": str(tmp_path),
    }


def test_installing_mends_half_configured_packages_and_shields_maintainer_scripts(
    machine: dict[str, str], tmp_path: Path
) -> None:
    subprocess.run(["bash", RECIPES / "redmine.sh", "install"], env=machine, check=True, timeout=60)
    calls = (tmp_path / "calls").read_text().splitlines()

    assert calls[0].startswith("dpkg --configure -a")
    assert any(call.startswith("apt-get install") and "redmine-sqlite" in call for call in calls)
    assert all(call.endswith("gemfile=") for call in calls)
    assert not (tmp_path / "policy").exists()


def test_nothing_is_installed_unasked(machine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {name: value for name, value in machine.items() if name != "BRIDGE_REQUIRE"})
    with pytest.raises(UnavailableError, match="not installed"), running("rt5.sh", tmp_path, "127.0.0.1:1"):
        pass

    assert not (tmp_path / "calls").exists()
