"""Secret keys: long and random, and kept only as their hash."""

from __future__ import annotations

import hashlib
import secrets


def make() -> str:
    """A new key, of 256 bits."""
    return secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """What is kept of a key. Keys are random, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
