"""The body of a config answer and its entity tag.  Pure."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from werkzeug.http import parse_etags
from xxhash import xxh3_128_hexdigest

from client_sdk.contracts.codec import encode, format_timestamp
from client_sdk.contracts.tutorial import TutorialConfig
from sync_server.tutorials.compression import GzipHead

__all__ = ["MIN_GZIP_BYTES", "NO_TIME", "RenderedConfig", "render_config"]

#: A shorter body is sent as it is: it fits into one packet anyway.
MIN_GZIP_BYTES = 1024

#: Stands for ``expires`` where it does not matter.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedConfig:
    """A config answer but for ``expires``, which is not part of its identity.

    Tags are quoted, as in the header.  What is compressed is another representation, so
    it has a tag of its own (RFC 9110 section 8.8.3); both name the same content.
    """

    etag: str
    gzip_etag: str
    head: bytes
    #: None where the body is too short to gain anything.
    gzip_head: GzipHead | None

    def body(self, expires: datetime) -> bytes:
        """Return the whole body as JSON."""
        return self.head + _tail(expires)

    def gzip_body(self, expires: datetime) -> bytes | None:
        """Return the whole body as JSON in gzip, if that is worth while."""
        head = self.gzip_head
        return None if head is None else head.finish(_tail(expires))

    def etag_known(self, tags: str) -> str | None:
        """Return the tag among those of an ``If-None-Match`` that names this content."""
        # parsing the list costs ten times as much, and devices send the tag as they got it
        if tags in (self.etag, self.gzip_etag):
            return tags
        known = parse_etags(tags)
        for etag in (self.etag, self.gzip_etag):
            if known.contains_weak(etag.strip('"')):
                return etag
        return None


def _tail(expires: datetime) -> bytes:
    return b',"expires":"%s"}' % format_timestamp(expires).encode()


def render_config(config: TutorialConfig) -> RenderedConfig:
    """Return the answer for a config, whatever its ``expires``.

    The tag is the XXH3 hash of 128 bits over the body without ``expires``: the same
    content has the same tag on every worker and after every restart.
    """
    data = encode(dataclasses.replace(config, expires=NO_TIME))
    del data["expires"]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    whole = text.encode()
    tag, head = xxh3_128_hexdigest(whole), whole[:-1]
    return RenderedConfig(
        etag=f'"{tag}"',
        gzip_etag=f'"{tag}-gzip"',
        head=head,
        gzip_head=GzipHead.of(head) if len(whole) >= MIN_GZIP_BYTES else None,
    )
