"""Whether the package runs from a checkout of its repository, or was installed from a wheel."""

from __future__ import annotations

from pathlib import Path


def checkout_of(package: Path) -> Path | None:
    """Find the top of the repository that a package lies in, below src/; None for an installed one."""
    root = package.parent.parent
    return root if (root / "corpus").is_dir() and (root / "pyproject.toml").is_file() else None
