#!/usr/bin/env bash
# Builds the wheel, installs it alone and outside the checkout with what the base needs, and makes a film of two shots.
# make wheel calls it with the Python of the environment, which has setuptools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$PWD/$1
place=$(mktemp -d)
trap 'rm -rf "$place" build' EXIT

echo "==> the wheel"
rm -rf build # what was built before would get into it
"$python" -m pip --quiet --disable-pip-version-check wheel --no-deps --no-index --no-build-isolation --wheel-dir "$place" .
echo "==> it holds every file of every room"
rooms=$(sed -n 's/^include = \["\(.*\)\*"\]$/\1/p' pyproject.toml | sed 's/\*", "/ /g')
# shellcheck disable=SC2086  # several rooms
diff <(find $rooms -type f ! -name '*.pyc' | LC_ALL=C sort) \
  <("$python" -c 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\n")' "$place"/omnireel-*.whl \
    | grep -v '\.dist-info/' | LC_ALL=C sort)

make --no-print-directory "$place/venv/.stamps/base" VENV="$place/venv"
"$place/venv/bin/python" -m pip --quiet --disable-pip-version-check install --no-deps --no-index "$place"/omnireel-*.whl
"$place/venv/bin/python" -m pip --quiet --disable-pip-version-check check

cd "$place"
unset PYTHONPATH
echo "==> omnireel doctor"
venv/bin/omnireel doctor
echo "==> a film of two shots"
venv/bin/omnireel make "A bear dances on the beach; a penguin joins." --duration 4s --llm none --out film
venv/bin/python - <<'END'
import json

report = json.load(open("film/report.json"))
assert len(report["shots"]) == 2, report["shots"]
END
echo "==> film/film.mp4: $(wc -c < film/film.mp4) bytes from the wheel"
