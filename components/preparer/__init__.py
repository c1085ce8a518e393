"""Preparer: rows cleaned, mapped, without duplicates, balanced, before anything is made of them."""
