"""What a run owns on the hub: names, accounts and servers, the ledger of them, and their removal."""
