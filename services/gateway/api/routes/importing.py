"""`/v1/members/{member}/imports`: a file comes in, is read, and counts at once or when somebody has looked at it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway.api.access.principals import needs
from services.gateway.api.importing.refusals import CONFLICT
from services.gateway.api.importing.spool import BadForm, Spool, form_taken
from services.gateway.api.importing.status import ImportStatus
from services.gateway.api.importing.work import Imports
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.parts import Parts
from services.gateway.api.paths import MemberId
from services.gateway.api.problems import Problem, later, refused
from shared.contracts import Unreadable
from shared.contracts.limits import URL_CHARS_MAX

LOOK_AGAIN_SECONDS: Final = 1
"""When to ask how far it is."""
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "me": {
                            "type": "string",
                            "maxLength": URL_CHARS_MAX,
                            "description": "The member's own address there, where the file does not say it.",
                        },
                    },
                    "required": ["file"],
                }
            },
        },
    }
}
NONE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is no such import, or it is kept no longer."}
}
BEGUN: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "headers": {
            "Location": {"description": "Where it says how far it is.", "schema": {"type": "string"}},
            "Retry-After": {"description": "When to ask, in seconds.", "schema": {"type": "integer"}},
        },
        "links": {
            "status": {"operationId": "read_import", "parameters": {"import_id": "$response.body#/id"}},
            "confirm": {"operationId": "confirm_import", "parameters": {"import_id": "$response.body#/id"}},
            "drop": {"operationId": "drop_import", "parameters": {"import_id": "$response.body#/id"}},
        },
    }
}
ImportId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As the upload was answered.")]


def router(parts: Parts) -> APIRouter:
    """Return the routes."""
    made = APIRouter(tags=["members"], prefix="/members/{member}/imports", dependencies=[needs("act")])

    @made.post("", status_code=HTTPStatus.ACCEPTED, response_model=ImportStatus, responses=BEGUN, openapi_extra=BODY)
    async def upload_import(
        request: Request,
        member: MemberId,
        look: Annotated[bool, Query(description="Only read it: it counts once it is confirmed.")] = False,
    ) -> JSONResponse:
        """Import a file: a LinkedIn export (zip or CSV), a calendar, an address book. Its content says what it is.

        It is the body, or `file` of a form that also says the member's own address: no name stands in the URL, as those
        stand in logs. 202: it has come, and is read. A member has one import at a time: another one takes its place. What
        is published is what `rapport import` would, and the same file again changes nothing.
        """
        imports = imports_of(parts)
        imports.enter(member)
        try:
            spool, me = await _taken(request)
        except BaseException:
            imports.leave(member)
            raise
        begun = await imports.begin(member, spool, me, look=look)
        return _answer(begun, HTTPStatus.ACCEPTED, f"{request.url.path.rpartition('/members/')[0]}", member)

    _add_of_one(made, parts)
    return made


def _add_of_one(made: APIRouter, parts: Parts) -> None:
    """Add the routes about one import."""

    @made.get("/{import_id}", response_model=ImportStatus, responses=NONE)
    async def read_import(member: MemberId, import_id: ImportId) -> JSONResponse:
        """How far an import is, and what is in it."""
        return _answer(await imports_of(parts).status(member, import_id))

    @made.post(
        "/{import_id}/confirm", status_code=HTTPStatus.ACCEPTED, response_model=ImportStatus,
        responses={**NONE, 409: CONFLICT},
    )  # fmt: skip
    async def confirm_import(member: MemberId, import_id: ImportId) -> JSONResponse:
        """Let an import count that was looked at, or go on with one that was interrupted."""
        return _answer(await imports_of(parts).confirm(member, import_id), HTTPStatus.ACCEPTED)

    @made.delete("/{import_id}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=NONE)
    async def drop_import(member: MemberId, import_id: ImportId) -> Response:
        """Forget an import. What was published of it stays."""
        await imports_of(parts).drop(member, import_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def imports_of(parts: Parts) -> Imports:
    """Return the imports; `Problem` 503 where there is nothing to keep them in."""
    if parts.imports is None:
        raise later(RETRY_AFTER_SECONDS, "there is no store here to keep imports in: RAPPORT_REDIS")
    return parts.imports


async def _taken(request: Request) -> tuple[Spool, str | None]:
    """Return what has come, and the member's own address where a form says it."""
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/"):
        return await _of_form(request, content_type)
    spool = Spool("upload")
    try:
        await spool.take(request.stream())
    except BaseException:
        spool.close()
        raise
    return spool, None


async def _of_form(request: Request, content_type: str) -> tuple[Spool, str | None]:
    try:
        form = await form_taken(request.stream(), content_type)
    except BadForm as fault:
        raise Problem(HTTPStatus.BAD_REQUEST, str(fault)) from None
    me = form.fields.get("me", "").strip()
    if len(me) > URL_CHARS_MAX:
        form.spool.close()
        raise refused(Unreadable(f"has more than {URL_CHARS_MAX} letters", "me"))
    return form.spool, me or None


def _answer(found: ImportStatus, status: HTTPStatus = HTTPStatus.OK, root: str = "", member: str = "") -> JSONResponse:
    headers = {}
    if root:
        headers["location"] = f"{root}/members/{quote(member, safe='')}/imports/{found.id}"
    if found.state in ("reading", "publishing"):
        headers["retry-after"] = str(LOOK_AGAIN_SECONDS)
    return JSONResponse(found.model_dump(mode="json", exclude_none=True), status, headers)
