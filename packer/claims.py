"""What stages claim of their code (`stages/claims.py`), written into a map and read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from stages import claims
from stages.claims import Claim

KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (*get_args(Claim), claims.Between, claims.Number, claims.Text)
}


def claim_row(claim: Any) -> dict[str, Any]:
    """A claim, or a number of one, as JSON can hold it."""
    values = {field.name: getattr(claim, field.name) for field in dataclasses.fields(claim)}
    shown = {k: claim_row(v) if dataclasses.is_dataclass(v) else v for k, v in values.items()}
    return {"is": type(claim).__name__, **shown}


def read_claims(rows: Iterable[Mapping[str, Any]]) -> Iterator[Claim]:
    """The claims that `claim_row` made these of."""
    return (_claim(row) for row in rows)


def _claim(row: Mapping[str, Any]) -> Any:
    values = {k: _claim(v) if isinstance(v, Mapping) else v for k, v in row.items() if k != "is"}
    return KINDS[row["is"]](**values)
