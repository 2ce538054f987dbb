"""Settings of the server: from flags, else from the environment, else sensible ones."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from detector.errors import InputError

PREFIX = "DETECTOR_WEB_"
_SHORTEST = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """`database` is a path or URL; `secret` signs what the browser keeps; `largest` is bytes of an upload.

    `secure` says that people come by https: cookies are then sent only so.
    """

    database: str = field(repr=False)
    secret: str = field(repr=False)
    host: str
    port: int
    instance: Path
    largest: int
    secure: bool


def load(
    database: str | None = None,
    host: str | None = None,
    port: int | None = None,
    instance: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings. Makes the instance folder, and in it the secret once. Raises `InputError`."""
    folder = (instance or Path(environ.get(PREFIX + "INSTANCE", "instance"))).absolute()
    _make(folder)
    return Settings(
        database=database or environ.get(PREFIX + "DATABASE") or str(folder / "web.db"),
        secret=_checked(environ.get(PREFIX + "SECRET") or _secret(folder / "secret")),
        host=host or environ.get(PREFIX + "HOST", "127.0.0.1"),
        port=_number("PORT", port, environ, 8000, 65_535),
        instance=folder,
        largest=_number("LARGEST", None, environ, 32_000_000, 1 << 40),
        secure=environ.get(PREFIX + "SECURE", "").lower() in ("1", "true", "yes", "on"),
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {folder} cannot be made ({error.strerror}): name another one."
        ) from error


def _secret(path: Path) -> str:
    """The secret in a file that only the owner reads, made if there is none: two who start get one."""
    try:
        if not path.exists():
            _write(path, secrets.token_urlsafe(48))
        return path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be used ({error}): delete it, and a new one is made.") from error


def _write(path: Path, secret: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)
    with suppress(FileExistsError):
        os.link(part, path)  # whole, and only if nobody was first
    part.unlink()


def _checked(secret: str) -> str:
    if len(secret) < _SHORTEST:
        raise InputError(
            f"The secret has fewer than {_SHORTEST} characters: set {PREFIX}SECRET to a long random one."
        )
    return secret


def _number(name: str, given: int | None, environ: Mapping[str, str], usual: int, most: int) -> int:
    text = environ.get(PREFIX + name, "") if given is None else str(given)
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        said = PREFIX + name if given is None else f"--{name.lower()}"
        raise InputError(f"{said} is {text!r}: give a number from 1 to {most:,}.")
    return int(text)
