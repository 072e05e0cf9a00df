"""The translations: one file for each language (`de.po`), mails' subjects too. Read `shared/texts/translations.py` first."""
