"""How the code is built: files and functions of a size that one reads at once, and names in the field's words.

Broken on purpose by a function `claim`, a class `DoubtKind`, a parameter `told`, a field `said`, a variable `known`, an
`owner.head`, a file of 301 lines and a function of 51, each is named.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from shared import preferences

ROOT: Final = Path(preferences.__file__).parents[1]
FILE_LINES_MAX: Final = 300
FUNCTION_LINES_MAX: Final = 50
FOLDER_FILES_MAX: Final = 10
"""Beside `__init__`: more than that nobody holds in mind, so they are split by meaning."""
WIDE: Final = {"rapport/commands": "one command each: its name is the name of the file"}
"""Folders that hold more, and why a split would be artificial."""
PRIVATE_WORDS: Final = frozenset(
    {
        "anchor", "anchors", "claim", "claims", "claimed", "door", "doors", "doubt", "doubts", "doubtful", "hushed",
        "parting", "partings", "press", "recollection", "rehearsal", "stands", "surroundings", "teller", "tie", "ties",
        "unsaid", "untold",
    }
)  # fmt: skip
"""Each of them once had several meanings here, or one that only this house knew; docs/glossary.md has the field's."""
SPEAKING: Final = frozenset({"said", "told", "unsaid", "untold"})
"""No variable is called so either: these stood for events, texts, instants, answers and what was logged."""
_WHOLE: Final = re.compile(r"(?<!\w)_?(?:known|Known|[Tt]ies?|Place)(?!\w)|(?:owner|loaded|self)\.head\b")
"""Nothing is called so alone: say what is known, and of what it is the position; `owner.head` was the fencing token. What
`is_known`, the place of a meeting, and the head of a file or a request are plain."""
_SPEAKING: Final = re.compile("|".join(sorted(SPEAKING)), re.IGNORECASE)
_PROSE: Final = re.compile(r'""".*?"""|#[^\n]*|"[^"\n]*"', re.DOTALL)
_DEF: Final = re.compile(r"\s*(?:async )?def (\w+)")
NO_MODULES: Final = {"services/gateway/operating/__init__.py: operate", "shared/embedded/__init__.py: running"}
"""What stands in backticks and is something else: a scope of keys, a function."""
HOW_IT_IS: Final = frozenset({"heard", "standing", "standings"})
"""No class or module is called so: these were a narration's context, a read answer, a partition's state, a failure."""
MEANT: Final = frozenset({"InviteStanding", "MeetingStanding", "PromiseStanding", "WhyStands"})
"""Names that mean the word as everybody does, and stand in the API's document: how a rule, or an invite, stands."""


def sources(*roots: str) -> Iterator[tuple[str, str]]:
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def too_long(sources: Iterator[tuple[str, str]]) -> list[str]:
    """Return the files, and the functions, that are longer than they may be."""
    found = []
    for name, text in sources:
        if (lines := text.count("\n")) > FILE_LINES_MAX:
            found.append(f"{name} has {lines} lines")
        found += [
            f"{name}: {one} has {length} lines" for one, length in _functions(text) if length > FUNCTION_LINES_MAX
        ]
    return found


def too_wide(names: Iterable[str]) -> dict[str, int]:
    """Return the folders with more files than they may have, and how many they have."""
    count = Counter(str(Path(name).parent) for name in names if not name.endswith("/__init__.py"))
    return {folder: files for folder, files in count.items() if files > FOLDER_FILES_MAX}


def named(sources: Iterator[tuple[str, str]], words: frozenset[str]) -> list[str]:
    """Return the names of functions, classes and modules that hold one of the words."""
    found = []
    for name, text in sources:
        defined = re.findall(r"^\s*(?:async def|def|class) (\w+)", text, re.MULTILINE)
        found += [f"{name}: {one}" for one in [Path(name).stem, *defined] if one not in MEANT and words & _parts(one)]
    return found


def bound(sources: Iterator[tuple[str, str]], words: frozenset[str]) -> list[str]:
    """Return the variables, parameters, fields and functions whose names hold one of the words, each once a file."""
    found = []
    for name, text in sources:
        if _SPEAKING.search(_PROSE.sub("", text)):  # few: to parse all files takes seconds
            names = sorted({one for node in ast.walk(ast.parse(text)) for one in _bound(node) if words & _parts(one)})
            found += [f"{name}: {one}" for one in names]
    return found


def private(sources: Iterator[tuple[str, str]]) -> list[str]:
    """Return the names that are one private word and nothing else, each once a file."""
    return [f"{name}: {one}" for name, text in sources for one in sorted(set(_WHOLE.findall(_PROSE.sub("", text))))]


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield what a node gives a name to."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(asname=str(name)):
            yield name
        case _:
            pass


def _functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield each function, and how many lines it has: to the next line that is no deeper than its `def`.

    By lines, as to parse all files takes seconds.
    """
    lines = [(line, len(line) - len(line.lstrip())) for line in text.splitlines()]
    for number, (line, depth) in enumerate(lines):
        if (defined := _DEF.match(line)) is None:
            continue
        last = number
        for at, (inner, inner_depth) in enumerate(lines[number + 1 :], number + 1):
            if inner.strip() and inner_depth <= depth and not inner.lstrip().startswith(")"):
                break
            last = at if inner.strip() else last
        yield defined[1], last - number + 1


def _parts(name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))


def test_what_is_shipped_is_read_at_once() -> None:
    assert too_long(sources("rapport", "services", "shared")) == []


def unknown_names(folder: Path, text: str) -> list[str]:
    """Return what a folder's docstring names in backticks and is no module or folder of it, or of the repository."""
    names = re.findall(r"`([a-z_]+(?:/[a-z_]+)*)`", text.partition('"""\n')[0])
    beside = (folder, ROOT)
    return [name for name in names if not any((one / name).is_dir() or (one / f"{name}.py").exists() for one in beside)]


def test_what_a_folder_says_to_read_is_there() -> None:
    """Broken on purpose by a module that has another name now: it is named."""
    found = {
        f"{name}: {one}"
        for name, text in sources("rapport", "services", "shared")
        if name.endswith("/__init__.py")
        for one in unknown_names((ROOT / name).parent, text)
    }
    assert found == NO_MODULES


def unnamed(folder: Path, text: str) -> list[str]:
    """Return the modules and folders in a folder that its docstring does not name in backticks."""
    doc = text.partition('"""\n')[0]
    words = {part for quoted in re.findall(r"`([^`]*)`", doc) for part in re.findall(r"\w+", quoted)}
    inside = [one for one in folder.iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()]
    return sorted(one.stem for one in inside if one.stem not in words | {"__init__"})


def test_each_folder_names_what_lives_there() -> None:
    """Whoever looks for the place of a change reads this. Broken on purpose by a file that no folder names: it is named."""
    found = {
        f"{name}: {one}"
        for name, text in sources("rapport", "services", "shared")
        if name.endswith("/__init__.py") and Path(name).parent.as_posix() not in WIDE
        for one in unnamed((ROOT / name).parent, text)
    }
    assert found == set(), "say in the folder's `__init__` what it is for"


def test_no_folder_holds_too_much() -> None:
    """Broken on purpose by one more file in `rapport/system`: the folder is named."""
    wide = too_wide(name for name, _ in sources("rapport", "services", "shared"))
    assert wide.keys() == WIDE.keys(), "split it by meaning, or say above why it stays"


def test_no_test_file_is_too_long() -> None:
    long = [name for name, text in sources("tests") if text.count("\n") > FILE_LINES_MAX]
    assert long == [], "split them by idea"


def test_names_are_in_the_field_s_words() -> None:
    assert named(sources("rapport", "services", "shared"), PRIVATE_WORDS) == [], "see docs/glossary.md"


def test_classes_and_modules_say_what_they_are() -> None:
    """Broken on purpose by a class `Standing` in `shared/runtime/reader.py`: it is named."""
    classes = [
        (name, "\n".join(re.findall(r"^class \w+", text, re.MULTILINE)))
        for name, text in sources("rapport", "services", "shared")
    ]
    assert named(iter(classes), HOW_IT_IS) == [], "see docs/glossary.md"


def test_no_variable_is_called_by_a_word_for_speaking() -> None:
    assert bound(sources("rapport", "services", "shared"), SPEAKING) == [], (
        "say what it is: events, text, reminded_at ..."
    )


def test_nothing_is_called_by_a_private_word_alone() -> None:
    assert private(sources("rapport", "services", "shared")) == [], "see docs/glossary.md"


def test_each_of_them_is_found() -> None:
    """The guards themselves: what they look for, they find."""
    long = "def f():\n" + "    pass\n" * FUNCTION_LINES_MAX
    assert too_long(iter([("a.py", long), ("b.py", "\n" * (FILE_LINES_MAX + 1))])) == [
        "a.py: f has 51 lines", "b.py has 301 lines",
    ]  # fmt: skip
    files = ["a/__init__.py", *(f"a/{number}.py" for number in range(FOLDER_FILES_MAX)), "a/b/1.py"]
    assert (too_wide(files), too_wide([*files, "a/c.py"])) == ({}, {"a": 11})
    assert named(iter([("a.py", "class DoubtKind:\n    def a_claim(self): ...\n")]), PRIVATE_WORDS) == [
        "a.py: DoubtKind", "a.py: a_claim",
    ]  # fmt: skip
    spoken = "class A:\n    said: int\n    def f(self, told):\n        self.told_at = 1\n"
    assert bound(iter([("a.py", spoken)]), SPEAKING) == ["a.py: said", "a.py: told", "a.py: told_at"]
    alone = "class Place: ...\n_known = {}\nfor tie in ties: use(owner.head, is_known, place)  # known\n"
    assert private(iter([("a.py", alone)])) == [
        "a.py: Place",
        "a.py: _known",
        "a.py: owner.head",
        "a.py: tie",
        "a.py: ties",
    ]
