#!/usr/bin/env bash
# mypyc (mypy 2.4) and msgspec 0.23: a Struct with a default factory is checked, is compiled, and cannot be imported.
#
# One would guess: what `mypy --strict` finds right runs compiled as it runs interpreted, or mypyc refuses to compile it, as it
# refuses other classes of a metaclass that it does not know.
# What is so: mypyc compiles a Struct as an ordinary class of another metaclass, and looks at the value of each class attribute
# against its annotation. What `msgspec.field` returns is declared as the field's own type, and is a marker until the metaclass
# has seen it: importing raises `TypeError: dict object expected; got msgspec._core.Field`. An empty literal instead of the
# factory, which means the same to msgspec, runs both ways. A name of a field in its stored form (`field(name=...)`) has no such
# way round: only `rename` of the class has.
# It needs a C compiler and the headers of Python.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install mypy==2.4.1 msgspec==0.23.0 setuptools==80.9.0
cat > literal.py <<'PY'
import msgspec


class Basket(msgspec.Struct):
    names: dict[str, int] = {}
PY
cat > factory.py <<'PY'
import msgspec


class Basket(msgspec.Struct):
    names: dict[str, int] = msgspec.field(default_factory=dict)
PY
cat > named.py <<'PY'
import msgspec


class Basket(msgspec.Struct):
    names: int = msgspec.field(name="n", default=0)
PY
venv/bin/mypy --strict literal.py factory.py named.py
seen() {
    venv/bin/python -c "import $1; print('$1', $1.__file__.rpartition('.')[2], $1.Basket())" 2>&1 | tail -1
}
for name in literal factory named; do
    interpreted=$(seen $name)
    venv/bin/mypyc $name.py > build.log 2>&1 || { cat build.log; echo "the behaviour has changed: it is not compiled"; exit 1; }
    compiled=$(seen $name) || true  # an import that fails is what is looked for
    echo "$name: interpreted: ${interpreted#* }; compiled: $compiled"
    case "$name $compiled" in
        "literal literal so Basket"*) ;;
        "factory TypeError: dict object expected; got msgspec._core.Field") ;;
        "named TypeError: int object expected; got msgspec._core.Field") ;;
        *) echo "the behaviour has changed"; exit 1 ;;
    esac
done
echo "as described"
