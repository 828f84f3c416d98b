"""Steps of the committee. They write, never commit, and every one of them goes to the ledger: ids, codes and numbers only."""
