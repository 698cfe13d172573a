"""The choice that bit 7 of an entry makes: a table further down, or a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kobjects.codec import Codec
from kobjects.engine import ArrayOf, Engine
from kobjects.errors import BuildError, Finding
from kobjects.items import codec_of
from kobjects.word import Word

TableT = TypeVar("TableT", bound=Word)
PageT = TypeVar("PageT", bound=Word)

LARGE = 1 << 7
"""PS: set in an entry that maps a page."""


class TableOrPage(Engine, Generic[TableT, PageT]):
    """A Construct of one entry that parses to the one Word or the other, and builds either.

    It also builds a plain int, and a mapping of fields, in which `large` then decides. An entry
    that is not present is software's; it parses by the same bit and keeps what it holds.
    """

    def __init__(self, table: type[TableT], page: type[PageT]) -> None:
        super().__init__()
        self.table, self.page = table, page
        self._codec = ChoiceCodec(self, codec_of(table), codec_of(page))

    if TYPE_CHECKING:

        def parse(self, data: Any, **contextkw: Any) -> TableT | PageT: ...

        def __getitem__(  # type: ignore[override]  # Construct says Array
            self, count: int
        ) -> ArrayOf[TableT | PageT]: ...

    def __repr__(self) -> str:
        return f"<{self.table.__name__} or {self.page.__name__}>"


class ChoiceCodec(Codec):
    """Reads a number and gives it the class that bit 7 says."""

    def __init__(self, schema: TableOrPage[Any, Any], table: Codec, page: Codec) -> None:
        self.schema, self.table, self.page = schema, table, page
        self.size, self.format = table.size, table.format
        make_table = partial(int.__new__, table.schema)
        make_page = partial(int.__new__, page.schema)
        self.lift = lambda raw: make_page(raw) if raw & LARGE else make_table(raw)
        self.prepare()

    def accept(self, value: object) -> Any:
        if isinstance(value, self.table.schema | self.page.schema):
            return value
        if isinstance(value, Mapping):
            return (self.page if value.get("large") else self.table).accept(value)
        if type(value) is int:
            return (self.page if value & LARGE else self.table).accept(value)
        wanted = f"{self.table.schema.__name__} or {self.page.schema.__name__}"
        raise BuildError(f"takes {wanted}, not {type(value).__name__} {value!r}")

    @property
    def default(self) -> Any:
        return self.table.default

    def plain(self, value: Any) -> Any:
        return value.asdict()

    def lint(self, value: Any) -> Iterator[Finding]:
        return iter(value.check())
