"""What a run owns on the hub: its accounts and their names, the ledger of what it created, and the clean-up."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
