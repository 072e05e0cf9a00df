"""What `rapport export` and `rapport erased` tell of an upload that is kept: its events until they are published."""

from __future__ import annotations

import json
from dataclasses import replace

from rapport.commands.erased import Left, in_uploads
from rapport.commands.export import of_upload
from rapport.serving.uploads import kept_upload
from tests.unit.services.gateway.api.uploads import archive, uploading


async def test_an_upload_that_waits_is_told_with_its_events() -> None:
    async with uploading() as one:
        assert await kept_upload(one.keeper, "ada") is None
        assert of_upload(None) is None
        await one.settled(await one.upload(archive(), look=True))
        told = of_upload(await kept_upload(one.keeper, "ada"))
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert (told["import"]["state"], told["import"]["names"]) == ("waiting", ["Zoé Moreau", "Mei Tanaka"])
    assert {"Zoé Moreau", "Mei Tanaka"} <= {event["data"].get("contact", {}).get("name") for event in told["events"]}


async def test_what_an_upload_keeps_of_before_an_erasure_is_named_with_its_end() -> None:
    async with uploading() as one:
        await one.settled(await one.upload(archive(), look=True))
        found = await kept_upload(one.keeper, "ada")
    assert found is not None
    until = f"until {found.kept.expires:%Y-%m-%d %H:%M} UTC"
    assert in_uploads(found, 2) == [Left("upload in the store", len(found.events), until)]
    assert in_uploads(replace(found, events=[]), 2) == [Left("upload in the store", 1, until)], "it names people still"
    assert in_uploads(found, 1) == [], "it is of who has joined again"
    assert in_uploads(None, 2) == []
