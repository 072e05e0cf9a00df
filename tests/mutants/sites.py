"""What can be broken in a source file: one small change each, found in its syntax tree."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

OTHER: Final[dict[type[ast.AST], type[ast.AST]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip
"""Each operator, and what stands there instead."""
OTHER_NAME: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
NEXT_MAX: Final = 100
AROUND: Final = 40
"""Characters before and after a change that are shown."""
CHOSEN: Final = ("_MAX", "_VERSION")
"""How names of numbers end that somebody chose: a test that repeats such a number proves nothing. That a limit holds at its
number, and how a new version is read, are tested where they are used."""
TELLS: Final = frozenset({"debug", "info", "warning", "error", "exception"})
"""Methods that write a line into the log: what they say is no decision."""


@dataclass(frozen=True, slots=True)
class Site:
    """One change that can be made."""

    file: str
    line: int
    function: str
    """The function it stands in; empty: the module's or a class's body, which runs when it is imported."""
    begins: int
    """Line in which that function's code begins, as Python numbers it; 0 for the body."""
    after: str
    change: str
    """What stood there and what stands there now, as far as they differ."""
    nth: int
    """How many of the same change stand before it in the function."""
    span: tuple[int, int, int, int]
    """First line and byte, last line and byte, as `ast` has them."""

    @property
    def named(self) -> str:
        """What it is called from one version of the file to the next, as long as its text stays."""
        again = f" ({self.nth + 1})" if self.nth else ""
        return f"{self.file} {self.function or 'body'}: {self.change}{again}"


def broken(site: Site, source: str) -> str:
    """Return the source with this one change made."""
    lines = source.encode().splitlines(keepends=True)
    first, begin, last, end = site.span
    head, tail = lines[first - 1][:begin], lines[last - 1][end:]
    lines[first - 1 : last] = [head + site.after.encode() + tail]
    return b"".join(lines).decode()


def sites(root: Path, file: str, seed: int) -> list[Site]:
    """Return all that can be broken in a file, in the order of the sample: drawn by a digest of the seed and each name.

    So an edit elsewhere in the file changes nothing of which are tried.
    """
    found = _Finder(file, (root / file).read_text(encoding="utf-8")).all()
    return sorted(found, key=lambda site: hashlib.sha256(f"{seed} {site.named}".encode()).digest())


def begins_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the line in which a function's code begins, as Python numbers it: that of its first decorator."""
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def changed(before: str, after: str) -> str:
    """Return the part of two texts in which they differ, with some of what stands around it."""
    after = after[1:-1] if after.startswith("(") and not before.startswith("(") else after
    first = _alike(before, after)
    last = _alike(before[first:][::-1], after[first:][::-1])
    begin, end = max(0, first - AROUND), max(0, last - AROUND)
    return f"{before[begin : len(before) - end]} -> {after[begin : len(after) - end]}"


def _alike(one: str, other: str) -> int:
    """Return with how many characters two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


class _Finder:
    """Walks through one file."""

    def __init__(self, file: str, source: str) -> None:
        self._file, self._source = file, source
        self._seen: Counter[tuple[str, str]] = Counter()

    def all(self) -> list[Site]:
        return list(self._walk(ast.parse(self._source), "", 0))

    def _walk(self, node: ast.AST, function: str, begins: int) -> Iterator[Site]:
        if _left_out(node):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            begins = begins_of(node)
            function = f"{function}.{node.name}" if function else node.name
        elif isinstance(node, ast.Lambda):
            function, begins = f"{function}.lambda" if function else "lambda", node.lineno
        for after in _instead(node, within=bool(function)):
            yield self._site(node, after, function, begins)
        for child in _children(node):
            yield from self._walk(child, function, begins)

    def _site(self, node: ast.AST, after: str, function: str, begins: int) -> Site:
        assert isinstance(node, ast.stmt | ast.expr)
        named = (function, changed(ast.unparse(node), after))
        self._seen[named] += 1
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        return Site(self._file, node.lineno, function, begins, after, named[1], self._seen[named] - 1, span)


def _left_out(node: ast.AST) -> bool:
    """Tell what is no decision: texts, types, limits, lines of the log, messages of errors, what only tools read."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant()):
            return name.endswith(CHOSEN)
        case ast.JoinedStr() | ast.Raise() | ast.Assert() | ast.pattern():
            return True
        case ast.BinOp(left=ast.JoinedStr() | ast.Constant(value=str())):
            return True
        case ast.BinOp(right=ast.JoinedStr() | ast.Constant(value=str())):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Call(func=ast.Attribute(attr=attr)) | ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr))):
            return attr in TELLS
        case _:
            return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Give what stands in a node and runs: no annotations, decorators and options of classes."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from [one for one in [*node.args.defaults, *node.args.kw_defaults] if one is not None]
            yield from node.body
        case ast.ClassDef():
            yield from node.body
        case ast.AnnAssign():
            if node.value is not None:
                yield node.value
        case _:
            yield from ast.iter_child_nodes(node)


def _instead(node: ast.AST, *, within: bool) -> Iterator[str]:
    """Give what stands there instead: of most nodes nothing, of a comparison one for each operator."""
    match node:
        case ast.Compare() | ast.BoolOp() | ast.BinOp():
            yield from _other_operators(node)
        case ast.UnaryOp(op=ast.Not()):
            yield f"({ast.unparse(node.operand)})"
        case ast.IfExp():
            yield f"({ast.unparse(node.orelse)})"
        case ast.Constant(value=bool()):
            yield str(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.unparse(ast.Constant(_other_number(node.value)))
        case ast.Call():
            yield from _other_calls(node, within=within)
        case ast.stmt() if within:
            yield from _other_statements(node)
        case _:
            pass


def _other_operators(node: ast.Compare | ast.BoolOp | ast.BinOp) -> Iterator[str]:
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[at] = OTHER[type(op)]()  # type: ignore[call-overload]  # a table of kinds
            yield f"({ast.unparse(other)})"
    elif type(node.op) in OTHER:
        changed_one = copy.deepcopy(node)
        changed_one.op = OTHER[type(node.op)]()  # type: ignore[assignment]  # a table of kinds
        yield f"({ast.unparse(changed_one)})"


def _other_calls(node: ast.Call, *, within: bool) -> Iterator[str]:
    """Give `max` for `min`; and of a table, which stands in a body, the call without each of its keywords."""
    if isinstance(node.func, ast.Name) and node.func.id in OTHER_NAME:
        renamed = copy.deepcopy(node)
        renamed.func = ast.Name(OTHER_NAME[node.func.id])
        yield ast.unparse(renamed)
    for at, keyword in enumerate([] if within else node.keywords):
        if keyword.arg is not None and len(node.keywords) > 1:
            less = copy.deepcopy(node)
            del less.keywords[at]
            yield ast.unparse(less)


def _other_statements(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Break() | ast.Continue():
            yield ast.unparse(OTHER[type(node)]())
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign():
            yield "pass"
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and not value.value):
            yield "return None"  # for `return False` it says the same


def _other_number(value: Any) -> int | float:
    """Return the next number, or twice a large one: who tests a limit of 150,000 bytes need not fill it to the byte."""
    number: int | float = value
    return number + 1 if abs(number) <= NEXT_MAX else number * 2
