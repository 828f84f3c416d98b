"""Response headers: a strict content security policy and its companions, on every answer."""

from flask import Flask, Response, g, request

CSP = "; ".join(  # noqa: FLY002  one directive a line reads better
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "font-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "manifest-src 'self'", "worker-src 'self'",
    )
)


def kept(response: Response) -> Response:
    """Mark an answer that is the same for everybody and named by its content (``v=``): browsers keep it for a year."""
    g.kept = True
    return response


def install(app: Flask) -> None:
    """Set the headers after every request, errors and static files included."""
    https = bool(app.config["TRAINHUB_HTTPS"])

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CSP)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        if https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint == "static" or g.get("kept"):
            if request.args.get("v"):
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers["Cache-Control"] = "no-store"
            headers.add("Vary", "Cookie")
        return response
