"""Does something in a process of its own: what it loads is not kept by the one that goes on.

The master of the web service watches for weeks. The database library, which is needed for a moment before, would take
as much again as all else in it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

from connector.errors import ConfigError
from connector.store.database.errors import StoreUnavailable


def apart(action: Callable[[], None]) -> None:
    """Do it in a process that is forked for it, and wait for its end. To be called before there are threads.

    Raises ConfigError, StoreUnavailable and SystemExit as the action does; where it raised anything else, and told of
    it on standard error, SystemExit.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _do_and_end(action, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    _raise(json.loads(told) if told else {"code": 1})


def _do_and_end(action: Callable[[], None], writing: int) -> NoReturn:
    """Whatever comes of it, nothing of what the caller is about to do is done here, too."""
    try:
        os.write(writing, json.dumps(_told(action)).encode())
    finally:
        os._exit(0)


def _told(action: Callable[[], None]) -> Mapping[str, object]:
    """What became of it; ``code``: the exit code."""
    try:
        action()
    except ConfigError as error:
        return {"problems": error.problems}
    except StoreUnavailable as error:
        return {"unavailable": str(error)}
    except SystemExit as end:
        return {"code": end.code if isinstance(end.code, int) else int(end.code is not None)}
    except BaseException:  # noqa: BLE001  # whatever it was, it is told of and goes no further
        sys.excepthook(*sys.exc_info())
        return {"code": 1}
    return {"code": 0}


def _raise(told: Mapping[str, object]) -> None:
    match told:
        case {"problems": list(problems)}:
            raise ConfigError(problems)
        case {"unavailable": str(message)}:
            raise StoreUnavailable(message)
        case {"code": int(code)} if code:
            raise SystemExit(code)
