"""The columns of one bill file, and the SQL that reads a value out of them as text, money, number, moment or tags.

Column names are compared by `key`: without case, quotes, underscores and slashes, so `ChargePeriodStart`, `charge_period_start` and
`"CHARGEPERIODSTART"` are one. What does not belong here: which columns a format has.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

NULL_WORDS = ("", "NULL", "null", "Null", "None")  # FOCUS samples write NULL, Python exporters None
MONEY = "DECIMAL(28, 10)"
TAGS = "MAP(VARCHAR, VARCHAR)"
_NULLS = ", ".join(f"'{word}'" for word in NULL_WORDS)
_EXACT = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")
_US_DATE = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"
US_DATE_COLUMNS = frozenset({"date", "billingperiodstartdate", "billingperiodenddate"})  # of Azure, whose exports write 03/31/2026
_WITHOUT_SECONDS = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?$"


def key(name: str) -> str:
    """How a column name is compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Field:
    """A column as delivered: its name, the SQL that names it, and its DuckDB type."""

    name: str
    sql: str
    type: str

    @property
    def is_text(self) -> bool:
        """Whether values are text that still has to be understood."""
        return self.type == "VARCHAR"

    @property
    def parts(self) -> frozenset[str]:
        """Names inside a struct, or inside the structs of a list."""
        found = re.match(r"STRUCT\((.*)\)(?:\[\])?$", self.type, re.DOTALL)
        flat = found[1] if found else ""
        while flat != (outer := re.sub(r"\([^()]*\)", "", flat)):
            flat = outer
        return frozenset(part.split(" ")[0].strip('"') for part in flat.split(", ") if part)


@dataclass(frozen=True)
class Value:
    """SQL of a typed value, and of what was delivered. `can_fail`: that may be there and not read as one."""

    sql: str
    raw: str = "null::varchar"
    can_fail: bool = False


class Columns:
    """The columns of a file by key. When a name is there twice, the first one holds it."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        self._by_key: dict[str, Field] = {}
        for field in self.fields:
            self._by_key.setdefault(key(field.name), field)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and key(name) in self._by_key

    def get(self, name: str) -> Field | None:
        """The column of that name."""
        return self._by_key.get(key(name))

    def starting(self, prefix: str) -> list[Field]:
        """Columns whose name as delivered starts with `prefix`, without case."""
        return [field for field in self.fields if field.name.lower().startswith(prefix.lower())]

    def text(self, *names: str) -> str:
        """The first of these columns that holds a text which does not stand for null."""
        found = [_text(field) for field in map(self.get, names) if field]
        if len(found) > 1:
            return f"coalesce({', '.join(found)})"
        return found[0] if found else "null::varchar"

    def cleaned(self, relation: str, unclean: Collection[str]) -> str:
        """The relation with every word that stands for null as a null; `unclean` are the SQL names of the columns that may hold one.
        Everything else here reads from it."""
        replaced = ", ".join(f"{_without_null_words(sql)} as {sql}" for sql in sorted(unclean))
        return f"(select * replace ({replaced}) from {relation})" if unclean else relation

    def inside(self, name: str, *inner: str) -> str:
        """A text inside a column that is a map, a struct or JSON, e.g. SkuPriceDetails → InstanceType."""
        field = self.get(name)
        if field is None:
            return "null::varchar"
        found = ", ".join(_inside(field, part) for part in inner)
        return f"nullif(coalesce({found}, ''), '')"

    def money(self, name: str) -> Value:
        """An amount. 'NaN', infinities and what is no number are unreadable."""
        field = self.get(name)
        if field is None:
            return Value(f"null::{MONEY}")
        if field.is_text:
            # reading a text as 28 digits takes 70 times as long as 18, which hold almost every amount
            return _checked(f"coalesce(try_cast({field.sql} as DECIMAL(18, 10)), try_cast({field.sql} as {MONEY}))", field.sql)
        value = f"try_cast({field.sql} as {MONEY})"
        return Value(value) if _fits_money(field.type) else _checked(value, field.sql)

    def number(self, name: str) -> Value:
        """A quantity, finite."""
        field = self.get(name)
        if field is None:
            return Value("null::double")
        if field.type.startswith(_EXACT):
            return Value(f"{field.sql}::double")
        number = f"try_cast({field.sql} as double)"
        return _checked(f"case when isfinite({number}) then {number} end", field.sql)

    def moment(self, name: str) -> Value:
        """A point in time; without a zone it is UTC."""
        field = self.get(name)
        if field is None:
            return Value("null::timestamptz")
        if field.type == "TIMESTAMP WITH TIME ZONE":
            return Value(field.sql)
        if field.type.startswith(("TIMESTAMP", "DATE")):
            # make_timestamptz: the cast and AT TIME ZONE go through ICU and cost 20 times as much
            return Value(f"make_timestamptz(epoch_us({field.sql}::timestamp))")
        text = _text(field)
        seconds = f"regexp_replace({text}, '{_WITHOUT_SECONDS}', '\\1:00\\2')"
        moments = f"try_cast({text} as timestamptz), try_cast({seconds} as timestamptz)"
        if key(name) in US_DATE_COLUMNS:
            moments += f", make_timestamptz(epoch_us(try_strptime(regexp_extract({text}, '{_US_DATE}', 0), '%m/%d/%Y')))"
        return _checked(f"coalesce({moments})", text)

    def tags(self, name: str) -> Value:
        """A map of texts, from a map, a struct, a list of {key, value}, or JSON (the braces may be missing, as in Azure exports)."""
        field = self.get(name)
        if field is None:
            return Value(f"null::{TAGS}")
        if field.type.startswith("MAP"):
            return Value(field.sql if field.type == TAGS else f"{field.sql}::{TAGS}")
        if field.type.startswith("STRUCT") and field.type.endswith("[]"):
            return Value(f"map_from_entries({field.sql}::STRUCT(key VARCHAR, value VARCHAR)[])")
        if field.type.startswith("STRUCT"):
            return Value(f"to_json({field.sql})::{TAGS}")
        return _json_tags(_text(field))


def _fits_money(type_: str) -> bool:
    """Whether each value of the type is an amount: no more digits before the point, no more after it."""
    found = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", type_)
    return found is not None and int(found[1]) - int(found[2]) <= 18 and int(found[2]) <= 10


def _text(field: Field) -> str:
    return field.sql if field.is_text else f"{field.sql}::varchar"


def _without_null_words(sql: str) -> str:
    # list_contains: IN with five words becomes a join a column (1.3 GB and 9 s of planning for a report of 217 columns)
    return f"case when list_contains([{_NULLS}], {sql}) then null else {sql} end"


def _checked(sql: str, raw: str) -> Value:
    return Value(sql, raw, can_fail=True)


def _inside(field: Field, part: str) -> str:
    if field.type.startswith("MAP"):
        return f"{field.sql}['{part}']::varchar"
    if field.type.startswith("STRUCT"):
        # not through JSON: it writes the whole struct for every part that is read
        return f"struct_extract({field.sql}, '{part}')::varchar" if part in field.parts else "null::varchar"
    return f"json_extract_string(try_cast({field.sql} as json), '$.\"{part}\"')"


def _json_tags(text: str) -> Value:
    whole = f"case when left(ltrim({text}), 1) = '\"' then '{{' || ({text}) || '}}' else {text} end"
    names = f"json_keys({whole})"
    understood = (
        f"case when not json_valid({whole}) then null"
        f" when json_type({whole}) = 'OBJECT' and len({names}) = len(list_distinct({names})) then ({whole})::json::{TAGS}"
        f" when json_type({whole}) = 'ARRAY' then map_from_entries(({whole})::json::STRUCT(key VARCHAR, value VARCHAR)[]) end"
    )
    return _checked(understood, text)
