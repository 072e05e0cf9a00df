"""Whatever is wrong is named in one error: values, what they say against each other, and files that do not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from shared.config.settings import PREFIX, Settings, SettingsError, load


def test_files_that_do_not_fit_are_named_beside_a_wrong_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take `unfit_files` out of `_named`, and the last line comes only after the others are mended."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name}".upper(), raising=False)
    authority = trustme.CA()
    for name in ("mine", "other"):
        issued = authority.issue_cert(name)
        issued.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
        issued.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    given = {
        "PARTITIONS": "0",
        "KAFKA_USER": "u",
        "KAFKA_CA": str(tmp_path / "none.pem"),
        "REDIS": "rediss://host",
        "REDIS_CERTIFICATE": str(tmp_path / "mine.pem"),
        "REDIS_KEY": str(tmp_path / "other.key"),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(SettingsError) as refusal:
        load()
    heading, *lines = str(refusal.value).splitlines()
    assert heading == "6 settings are wrong:"
    assert [line.strip() for line in lines[:5]] == [
        "RAPPORT_KAFKA_CA needs RAPPORT_KAFKA_TLS=true",
        "RAPPORT_KAFKA_CA: names no file",
        "RAPPORT_KAFKA_USER and RAPPORT_KAFKA_PASSWORD belong together: one of them is missing",
        "RAPPORT_KAFKA_USER needs RAPPORT_KAFKA_SASL: plain, scram-sha-256 or scram-sha-512",
        "RAPPORT_PARTITIONS: must be greater than or equal to 1",
    ]
    assert "RAPPORT_REDIS_KEY: certificate, key and its password do not fit together" in lines[5]


def test_who_names_no_file_waits_for_no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """To load those of a system takes longer than all else that a command begins with."""

    def called(*_: object, **__: object) -> None:
        raise AssertionError("loaded for nothing")

    monkeypatch.setattr("shared.config.tls_files.ssl.create_default_context", called)
    assert Settings().kafka_ca is None
