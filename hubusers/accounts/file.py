"""Reads the CSV file of accounts (`--accounts`)."""

import csv
import itertools
from pathlib import Path

from hubusers.accounts.account import Account


class AccountsFileError(ValueError):
    """The file of accounts cannot be used. The text says where the mistake is, and what to do."""


def read_accounts(file: str) -> list[Account]:
    """Read accounts from a CSV file whose first line is `name,password` or `name,token`.

    Raises:
        AccountsFileError: It cannot be read, or an account in it cannot be used.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened, strict=True, skipinitialspace=True)
            header = [name.strip().lower() for name in rows.fieldnames or ()]
            if sorted(header) not in (["name", "password"], ["name", "token"]):
                raise AccountsFileError(
                    f"{file}: the first line must be `name,password` or `name,token`, followed by one account per line"
                )
            rows.fieldnames = header
            accounts = [_account(row, f"{file}, line {rows.line_num}") for row in rows]
    except OSError as error:
        raise AccountsFileError(f"The accounts in {file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise AccountsFileError(f"{file} is not a CSV file in UTF-8: save it as one") from None
    if not accounts:
        raise AccountsFileError(f"{file} has no accounts: add them below the first line, one per line")
    names = [account.username for account in accounts]
    if twice := next((name for name, same in itertools.groupby(sorted(names)) if len(list(same)) > 1), None):
        raise AccountsFileError(f"{file}: {twice} is listed twice; remove one of the lines")
    return accounts


def _account(row: dict[str | None, str | list[str] | None], where: str) -> Account:
    # The error doesn't quote the line, which may contain a password.
    if None in row or not all(isinstance(value, str) and value.strip() for value in row.values()):
        raise AccountsFileError(f'{where}: must have two values; put a value with a comma or a quote into "quotes"')
    return Account(**{_FIELDS[str(name)]: str(value).strip() for name, value in row.items()})


_FIELDS = {"name": "username", "password": "password", "token": "token"}
