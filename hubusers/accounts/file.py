"""Reads the CSV file of accounts (`--accounts`), as people write it and as Excel saves it."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubusers.accounts.account import Account
from hubusers.private_files import warn_if_others_can_read

_FIELDS = {
    **dict.fromkeys(("name", "username", "user"), "username"),
    **{name: name for name in ("login", "password", "token")},
}
"""By the names of columns: the fields of `Account`."""

_DELIMITERS = ",;\t"
"""Excel writes semicolons where the comma is the decimal sign, and tabs into "Unicode text"."""

_NEEDED = ({"username", "password"}, {"username", "login", "password"}, {"username", "token"})
_COUNTS = {1: "one value", 2: "two values", 3: "three values"}
_WORKBOOK = b"PK\x03\x04"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class AccountsFileError(ValueError):
    """The file of accounts cannot be used. The text says where the mistake is, and what to do."""


@dataclass(frozen=True)
class _Form:
    """How a file is written, as its first line tells.

    Attributes:
        fields: The field of `Account` for each column.
        delimiter: What stands between two values.
        spaced: Whether a space follows each delimiter, which is then not a part of the value.
        lines: How many lines stand before the accounts.
    """

    fields: list[str]
    delimiter: str
    spaced: bool
    lines: int


def read_accounts(file: str, *, names_do: bool = False) -> list[Account]:
    """Read accounts from a CSV file whose first line is `name,password`, `name,login,password` or `name,token`.

    The name's column may also be called `username` or `user`; `login` is what is typed in its place. Semicolons and
    tabs will do as well as commas, UTF-16 as well as UTF-8, with or without a mark at the beginning. Spaces belong to a
    password, also at its ends.

    Args:
        file: Its name.
        names_do: Whether the column `name` may be the only one, as where nobody needs a password.

    Raises:
        AccountsFileError: It cannot be read, or an account in it cannot be used. It never quotes a line, which may hold
            a password.
    """
    text = _text(file)
    form = _form(text, names_do)
    if form is None:
        or_name = ", or just `name`," if names_do else ","
        raise AccountsFileError(
            f"{file}: the first line must be `name,password`, `name,login,password` or `name,token`{or_name} followed "
            "by one account per line"
        )
    if set(form.fields) & {"password", "token"}:
        warn_if_others_can_read(file)
    accounts: dict[str, Account] = {}
    lines: dict[str, int] = {}
    for line, values in _rows(text, form, file):
        where = f"{file}, line {line}"
        account = _account(values, form, where)
        if account.username in accounts:
            first = lines[account.username]
            raise AccountsFileError(
                f"{where}: {account.username} is listed twice, first in line {first}; remove one of the lines"
            )
        accounts[account.username], lines[account.username] = account, line
    if not accounts:
        raise AccountsFileError(f"{file} has no accounts: add them below the first line, one per line")
    return list(accounts.values())


def _text(file: str) -> str:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise AccountsFileError(f"The accounts in {file} cannot be read: {error.strerror}") from None
    if content.startswith(_WORKBOOK):
        raise AccountsFileError(f'{file} is a workbook: save it as "CSV UTF-8", and give that file')
    try:
        return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise AccountsFileError(
            f'{file}, line {line}: this is not a CSV file in UTF-8; save it as one (in Excel: "CSV UTF-8")'
        ) from None


def _form(text: str, names_do: bool) -> _Form | None:
    """Return how a file is written; None where its first line has not the names of the columns."""
    lines = io.StringIO(text, newline="")
    first, count = lines.readline(), 1
    if first.lower().startswith("sep="):  # Excel's own hint, which it does not show
        first, count = lines.readline(), 2
    for delimiter in _DELIMITERS:
        names = next(csv.reader([first.rstrip("\r\n")], delimiter=delimiter, skipinitialspace=True), [])
        names = [name.strip().lower() for name in names]
        while names and not names[-1]:  # columns that somebody has emptied
            del names[-1]
        fields = [_FIELDS.get(name, "") for name in names]
        if (len(fields) == len(set(fields)) and set(fields) in _NEEDED) or (names_do and fields == ["username"]):
            return _Form(fields, delimiter, f"{delimiter} " in first, count)
    return None


def _rows(text: str, form: _Form, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the values of each account, with the line where they begin; nothing for lines without any value."""
    lines = io.StringIO(text, newline="")
    for _ in range(form.lines):
        lines.readline()
    rows = csv.reader(lines, delimiter=form.delimiter, strict=True, skipinitialspace=form.spaced)
    while True:
        line = form.lines + rows.line_num + 1
        try:
            values = next(rows, None)
        except csv.Error:
            raise AccountsFileError(
                f"{file}, line {line}: a quote is not closed, or stands within a value; put the whole value into "
                '"quotes", and write each quote in it twice ("")'
            ) from None
        if values is None:
            return
        if any(value.strip() for value in values):
            yield line, values


def _account(values: list[str], form: _Form, where: str) -> Account:
    wanted, more = values[: len(form.fields)], values[len(form.fields) :]
    if any(more) or len(wanted) < len(form.fields) or not all(value.strip() for value in wanted):
        many = _COUNTS[len(form.fields)]
        raise AccountsFileError(
            f'{where}: must have {many}; put a value with {_called(form.delimiter)} or a quote into "quotes"'
        )
    fields = dict(zip(form.fields, wanted, strict=True))
    account = Account(**{name: value if name == "password" else value.strip() for name, value in fields.items()})
    if not account.username.isprintable():
        raise AccountsFileError(f"{where}: the name has a character that nobody can see, such as a line break")
    if account.token and not (account.token.isascii() and account.token.isprintable() and " " not in account.token):
        raise AccountsFileError(f"{where}: this is not a token: tokens are letters and digits, without spaces")
    return account


def _called(delimiter: str) -> str:
    return {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
