#!/bin/sh
# deb.sh LAMD MANUAL OUT: packs the program and its manual into OUT/lamd_VERSION_ARCHITECTURE.deb.
set -eu
lamd=$(realpath "$1")
manual=$(realpath "$2")
out=$(realpath "$3")
here=$(dirname "$(realpath "$0")")
version=$("$lamd" --version)
architecture=$(dpkg --print-architecture)
umask 022
work=$(mktemp -d "$out/deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/debian/lamd
doc=$tree/usr/share/doc/lamd

install -D -m 755 "$lamd" "$tree/usr/bin/lamd"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/lamd"
# The linker's way to libraries beside the program: there are none.
chrpath -d "$tree/usr/bin/lamd" >/dev/null

# A package has a user of its own, where a unit by itself has systemd make one up.
for unit in lamd.service lamd.socket; do
    install -d "$tree/lib/systemd/system"
    sed 's|/usr/local|/usr|; s|^DynamicUser=yes|User=lamd\nGroup=lamd|' "$here/$unit" >"$tree/lib/systemd/system/$unit"
done
install -D -m 644 "$here/lamd.yaml" "$tree/etc/lamd/lamd.yaml"
install -d "$tree/usr/share/bash-completion/completions" "$tree/usr/share/man/man1" "$doc"
"$lamd" --generate-completion-script bash | sed '1{/^#!/d}' >"$tree/usr/share/bash-completion/completions/lamd"
gzip -9n <"$manual" >"$tree/usr/share/man/man1/lamd.1.gz"
gzip -9n <"$here/debian/changelog" >"$doc/changelog.gz"
install -m 644 "$here/debian/copyright" "$here/../docs/operations.md" "$doc"
if [ -e "$here/debian/lintian-overrides" ]; then
    install -D -m 644 "$here/debian/lintian-overrides" "$tree/usr/share/lintian/overrides/lamd"
fi

install -d "$tree/DEBIAN"
for script in postinst prerm postrm; do install -m 755 "$here/debian/$script" "$tree/DEBIAN/$script"; done
echo /etc/lamd/lamd.yaml >"$tree/DEBIAN/conffiles"
(cd "$tree" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
printf 'Source: lamd\n\nPackage: lamd\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O debian/lamd/usr/bin/lamd | sed -n 's/^shlibs:Depends=//p')
size=$(du -k -s --apparent-size "$tree" | cut -f 1)
sed "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$size|; s|@DEPENDS@|$depends|" \
    "$here/debian/control" >"$tree/DEBIAN/control"
dpkg-deb --root-owner-group --build "$tree" "$out/lamd_${version}_$architecture.deb" >/dev/null
echo "$out/lamd_${version}_$architecture.deb"
