"""Reads what decisions are made from. Only this part asks the store."""
