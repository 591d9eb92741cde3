"""What a run owns on the hub: its accounts and their names, the ledger of what it created, and the clean-up."""
