"""The CSV file of accounts (`--accounts`)."""

import csv
import itertools
from pathlib import Path

from hubusers.accounts.account import Account


class AccountsFileError(ValueError):
    """A file of accounts that cannot be used; the text says where, and what to do."""


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
                    f"{file}: the first line must be `name,password` or `name,token`; then one account a line"
                )
            rows.fieldnames = header
            accounts = [_account(row, f"{file}, line {rows.line_num}") for row in rows]
    except OSError as error:
        raise AccountsFileError(f"The accounts in {file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise AccountsFileError(f"{file} is no CSV file in UTF-8: save it as one") from None
    if not accounts:
        raise AccountsFileError(f"{file} holds no account: add one a line below the first")
    names = [account.username for account in accounts]
    if twice := next((name for name, same in itertools.groupby(sorted(names)) if len(list(same)) > 1), None):
        raise AccountsFileError(f"{file}: {twice} is there twice; a person needs an account of their own")
    return accounts


def _account(row: dict[str | None, str | list[str] | None], where: str) -> Account:
    # Not what is wrong with it: that may be a password.
    if None in row or not all(isinstance(value, str) and value.strip() for value in row.values()):
        raise AccountsFileError(f'{where}: must be two values; one with a comma or a quote in it goes into "quotes"')
    return Account(**{_FIELDS[str(name)]: str(value).strip() for name, value in row.items()})


_FIELDS = {"name": "username", "password": "password", "token": "token"}
