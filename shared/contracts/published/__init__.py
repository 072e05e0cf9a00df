"""Writes the published language for people and programs outside: AsyncAPI and JSON Schema."""
