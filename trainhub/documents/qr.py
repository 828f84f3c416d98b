"""QR codes as drawing instructions, so that a template needs no markup from Python."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code as one SVG path in a square of ``size`` units, quiet zone of two modules included."""

    size: int
    path: str

    def svg(self) -> str:
        """Return the code as a standalone SVG image (for PDF, not for pages)."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}">'
            f'<path d="{self.path}" fill="#000"/></svg>'
        )


def draw(text: str, border: int = 2) -> QrCode:
    """Return the QR code of ``text`` (error correction M); raises ValueError where it is too long."""
    import segno

    matrix = segno.make_qr(text, error="m").matrix
    runs: list[str] = []
    for y, line in enumerate(matrix, start=border):
        x = 0
        while x < len(line):
            width = 0
            while x + width < len(line) and line[x + width]:
                width += 1
            if width:
                runs.append(f"M{x + border} {y}h{width}v1h-{width}z")
            x += max(width, 1)
    return QrCode(len(matrix) + 2 * border, "".join(runs))
