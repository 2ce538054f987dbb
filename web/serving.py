"""Serving: the application on its database, with what runs beside it."""

from __future__ import annotations

import os
import signal
import socket
import sys

from flask import Flask
from waitress.server import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

from detector import Detector
from detector.errors import InputError
from web import settings as options
from web.data import bulk, people
from web.data.database import Database
from web.deliver import Delivery
from web.factory import create_app
from web.memory import settle
from web.settings import PREFIX, Settings

#: Requests that are worked on at a time.
THREADS = 8


def application(settings: Settings | None = None, model: str | None = None) -> Flask:
    """What a WSGI server runs: the tables of this version, no bulk verdict half done, webhooks on their way.

    Without arguments all is as the environment says: `gunicorn 'web.serving:application()'`.
    """
    settings = settings or options.load()
    proxies = _proxies(os.environ.get(PREFIX + "PROXIES", "0"))
    database = Database.open(settings.database)
    database.upgrade()
    bulk.resume(database)
    app = create_app(settings, Detector.load(model or os.environ.get(PREFIX + "MODEL")), database)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies, proxies)  # type: ignore[method-assign]
    app.extensions["delivery"] = Delivery(database)
    app.extensions["delivery"].start()
    settle()
    return app


def serve(settings: Settings, model: str | None = None) -> None:
    """Serve in one process with threads, until interrupted."""
    with _opened(settings.host, settings.port) as listening:
        app = application(settings, model)
        # The application says what is too large; the limit here bounds what is read before it is asked.
        most = 2 * settings.largest
        server = create_server(
            app, sockets=[listening], threads=THREADS, ident=None, max_request_body_size=most
        )
        tell(settings, app.extensions["database"])
        # Asked to end by whoever runs services, it ends as by Ctrl-C: what it works on is finished.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        server.run()
    app.extensions["delivery"].stop()
    app.extensions["database"].close()


def serve_by_gunicorn(settings: Settings, workers: int, model: str | None = None) -> None:
    """Become gunicorn with several processes; returns only where that fails, as `InputError`."""
    if workers < 1:
        raise InputError(f"--workers is {workers}: give the number of processes, 1 or more.")
    _opened(settings.host, settings.port).close()
    database = Database.open(settings.database)
    database.upgrade()
    tell(settings, database)
    database.close()
    given = {"DATABASE": settings.database, "INSTANCE": str(settings.instance), "SECRET": settings.secret}
    given |= {"MODEL": model} if model else {}
    os.environ |= {PREFIX + name: value for name, value in given.items()}
    address = f"{settings.host}:{settings.port}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--workers", str(workers)]
    command += ["--threads", str(THREADS), "web.serving:application()"]
    try:
        os.execv(sys.executable, command)
    except OSError as error:
        raise InputError(f"gunicorn does not start ({error.strerror}).") from error


def tell(settings: Settings, database: Database) -> None:
    """Say on the console where the pages are, and while there is nobody, how to become the first."""
    print(f"The moderation UI is on {_base(settings)}/ (stop it by Ctrl-C).")
    with database.reading() as session:
        empty = people.is_empty(session)
    if empty:
        link = new_link(settings, database)
        print(f"Nobody is set up yet. Open this once, within a day:\n\n  {link}\n", flush=True)


def new_link(settings: Settings, database: Database, role: str = "lead", person_id: int | None = None) -> str:
    """The address of a new one-time link: for somebody new, or a new password."""
    with database.writing() as session:
        return f"{_base(settings)}/set-up/{people.make_link(session, role, person_id)}"


def _base(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _opened(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise InputError(
            f"{host}:{port} cannot be opened ({reason}): pass another --port or --host."
        ) from error


def _proxies(count: str) -> int:
    """From how many proxies in front the address, scheme and host of a caller are believed."""
    if not count.isascii() or not count.isdigit():
        raise InputError(f"{PREFIX}PROXIES is {count!r}: give the number of proxies in front, mostly 1.")
    return int(count)
