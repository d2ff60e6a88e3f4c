"""Who may embed the page and call the API from a browser: one list of origins, and the headers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from redness_qa.addresses import normal_origin

_DENIED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What browsers are told.

    Attributes:
        origins: Web sites that may embed the page and call the API, beside the one that the page is served from.
    """

    origins: tuple[str, ...] = ()

    def allows(self, origin: str, *, host: str) -> bool:
        """Tell whether a page of an origin may call, where the request was sent to a host.

        Args:
            origin: As the browser sends it; "null" for a page without one, which is never allowed.
            host: The header `Host`. A page of the same host may call, whatever the scheme: a proxy may end TLS.
        """
        named = normal_origin(origin)
        if named is None:
            return False
        same = {normal_origin(f"{scheme}://{host}") for scheme in ("http", "https")}
        return named in self.origins or named in same

    def content_security_policy(self, *, inline: bool = False, framed: bool = True) -> str:
        """Write the Content-Security-Policy of a page that loads from its own host only.

        Args:
            inline: Whether scripts and styles may stand in the page itself, as Gradio needs.
            framed: Whether the listed sites may show the page in a frame.
        """
        own = "'self' 'unsafe-inline'" if inline else "'self'"
        ancestors = self.ancestors if framed else "'none'"
        return (
            f"default-src 'self'; script-src {own}; style-src {own}; img-src 'self' data:; font-src 'self' data:; "
            "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
            f"frame-ancestors {ancestors}"
        )

    @property
    def ancestors(self) -> str:
        """Who may show a page of ours in a frame, as a Content-Security-Policy names them."""
        return " ".join(("'self'", *self.origins))

    @property
    def data_policy(self) -> str:
        """The Content-Security-Policy of what is no page, such as an answer as JSON."""
        return "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every response, whatever it holds."""
        return {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED_FEATURES),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def describe(self) -> str:
        """Say in a line which sites the list lets in."""
        if not self.origins:
            return "No other web site may embed this page or call the API (REDNESS_QA_ORIGINS is empty)."
        return f"These web sites may embed this page and call the API: {', '.join(self.origins)}."
