"""What a download button hands out: made when it is pressed, for whom it still may be, and on the audit log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from exports.noted import note_export, told_address
from records.viewers import scope_named
from schema.errors import CatchlightError, RefusedError
from schema.language import language, say, speaking
from schema.scope import LOCAL_OWNER
from ui.view import current_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.scope import Scope


def noted(make: Callable[[], bytes], *, address: str, rows: int, form: str) -> Callable[[], bytes]:
    """The same bytes, logged as an export when the button is pressed; the page does not run again.

    Args:
        make: makes the file; called on the server when the button is pressed.
        address: where the same can be asked for again, such as ``dwell/heatmap``.
        rows: how many rows of the table it shows.
        form: such as ``csv``.

    Returns:
        What a download button takes as its data. It refuses a viewer who was shut out, or whose role was changed,
        since the page was drawn.
    """
    view = current_view()
    scope, data, told = view.scope, view.snapshot.mode, told_address(address, view.filters)
    code = language()

    def handed_out() -> bytes:
        with speaking(code):  # the button is answered in a thread of its own
            refuse_if_changed(scope)
            note_export(scope, data=data, address=told, rows=rows, form=form)
            return make()

    return handed_out


def seen_leaving(*, address: str, rows: int, form: str) -> Callable[[], None]:
    """Puts a picture on the log that the browser made of what the page shows; it says so once the file is saved.

    Args:
        address: as for ``noted``.
        rows: of the table behind it.
        form: such as ``png``.

    Returns:
        What a component calls when the browser has saved one. The browser is believed: somebody who changed theirs, or
        photographs the screen, leaves no line.
    """
    view = current_view()
    scope, data, told = view.scope, view.snapshot.mode, told_address(address, view.filters)

    def left() -> None:
        try:
            note_export(scope, data=data, address=told, rows=rows, form=form)
        except CatchlightError as error:  # the picture is saved already; the next page says what is wrong with the log
            logging.getLogger("catchlight").warning("A saved picture is not on the log: %s", error)

    return left


def handing_out(make: Callable[[], tuple[bytes, int]], *, address: str, form: str) -> Callable[[], bytes]:
    """A file whose rows are known only once it is made: made first, then logged, then handed out.

    Args:
        make: makes the file and says how many rows its tables have.
        address: as of ``told_address``.
        form: such as ``pptx``.

    Returns:
        What a download button takes as its data; it refuses as ``noted`` does.
    """
    view = current_view()
    scope, data, code = view.scope, view.snapshot.mode, language()

    def handed_out() -> bytes:
        with speaking(code):
            refuse_if_changed(scope)
            content, rows = make()
            note_export(scope, data=data, address=address, rows=rows, form=form)
            return content

    return handed_out


def refuse_if_changed(scope: Scope) -> None:
    """Refuse a viewer who is not, or is no longer, what the page was drawn for.

    Raises:
        RefusedError: they are inactive, or their role or agent changed.
    """
    if scope.viewer == LOCAL_OWNER.viewer:
        return
    now = scope_named(scope.viewer)
    if (now.role == "owner") if scope.is_borrowed else (now.key == scope.key):
        return
    msg = say("What you may see was changed meanwhile; load the page again.")
    raise RefusedError(msg)
