#!/bin/sh
# packaging/deb.sh WHEEL FOLDER: a package for the Debian, or its kin, that it is run on, made by debhelper from
# the wheel and the pins of the light installation. DEBFULLNAME and DEBEMAIL say who makes it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wheel=$(readlink -f "$1")
folder=$(mkdir -p "$2" && cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/audiotag"
cp -r "$here/debian" "$wheel" "$here/../requirements-light.lock" "$work/audiotag"
cd "$work/audiotag"
version=$(basename "$wheel" | cut -d- -f2)
maker="${DEBFULLNAME:-$(id -un)} <${DEBEMAIL:-$(id -un)@$(hostname)}>"
date=$(date -R -u -d "@${SOURCE_DATE_EPOCH:-1580601600}") # what wheels have, where nothing is said
sed "s|@MAINTAINER@|$maker|" debian/control.in > debian/control
rm debian/control.in
printf 'audiotag (%s-1) unstable; urgency=medium\n\n  * See CHANGELOG.md of the sources.\n\n -- %s  %s\n' \
  "$version" "$maker" "$date" > debian/changelog
dpkg-buildpackage --build=binary --no-sign --no-check-builddeps
mv ../*.deb "$folder"
ls "$folder"/*.deb
