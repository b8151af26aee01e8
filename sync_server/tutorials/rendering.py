"""The body of a config answer and its entity tag.  Pure."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from xxhash import xxh3_128_hexdigest

from client_sdk.contracts.codec import encode, format_timestamp
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["NO_TIME", "RenderedConfig", "render_config"]

#: Stands for ``expires`` where it does not matter.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedConfig:
    """A config answer but for ``expires``, which is not part of its identity.

    ``etag`` is quoted, as in the header.
    """

    etag: str
    head: bytes

    def body(self, expires: datetime) -> bytes:
        """Return the whole body as JSON."""
        return b'%s,"expires":"%s"}' % (self.head, format_timestamp(expires).encode())


def render_config(config: TutorialConfig) -> RenderedConfig:
    """Return the answer for a config, whatever its ``expires``.

    The tag is the XXH3 hash of 128 bits over the body without ``expires``: the same
    content has the same tag on every worker and after every restart.
    """
    data = encode(dataclasses.replace(config, expires=NO_TIME))
    del data["expires"]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    whole = text.encode()
    return RenderedConfig(etag=f'"{xxh3_128_hexdigest(whole)}"', head=whole[:-1])
