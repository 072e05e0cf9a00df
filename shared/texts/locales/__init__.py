"""The translations: one file for each language. Read `shared/texts/translations.py` first."""
