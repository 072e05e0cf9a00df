"""Modules that are compiled from a changed text when they are imported. No file is written."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType

Change = Callable[[str, str], str | ast.Module]
"""By the file's name and its text, what is compiled instead."""


def name_of(file: str) -> str:
    """Return the module that a file is."""
    return file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


class Changed(importlib.abc.MetaPathFinder):
    """Finds one module, or all below a folder, and has their text changed; put it in front of `sys.meta_path`."""

    def __init__(self, root: Path, place: str, change: Change) -> None:
        self._root, self._change = root, change
        self._files = [root / place] if place.endswith(".py") else list((root / place).rglob("*.py"))
        self._by_name = {name_of(file.relative_to(root).as_posix()): file for file in self._files}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if (file := self._by_name.get(fullname)) is None:
            return None
        text = self._change(file.relative_to(self._root).as_posix(), file.read_text(encoding="utf-8"))
        return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, str(file), text))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str | ast.Module) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return compile(self._text, self.path, "exec")
