#!/bin/sh
# usage: t/deps-cyrus.sh FOLDER - unpacks the Cyrus IMAP server of Debian into
# FOLDER, if it is not there yet; its package and that of Dovecot exclude each
# other. The script needs no root. With MS_NO_DEPS=1, and on other systems, it
# does nothing. Status 1: the server is still missing, and t/lib-cyrus.sh skips.
[ ! -e "$1/usr/lib/cyrus/bin/imapd" ] || exit 0
[ "${MS_NO_DEPS-}" != 1 ] || exit 0
command -v dpkg >/dev/null && command -v apt-get >/dev/null || exit 0

mkdir -p "$(dirname "$1")" || exit 1
new=$(mktemp -d "$1.XXXXXX") || exit 1
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

# libraries PACKAGE ...: prints the libraries on which the packages depend and
# that are not installed, without two that only unused programs need.
libraries() {
	apt-cache depends --important "$@" |
		sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p' | sort -u |
		while read -r p; do
			case $p in libclamav* | libzephyr*) continue ;; esac
			[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
				echo "$p"
		done
}

# fetch PACKAGE ...: downloads packages and unpacks them below $new/root.
fetch() {
	(cd "$new" && apt-get download -q -o APT::Sandbox::User="$(id -un)" "$@") &&
		for deb in "$new"/*.deb; do
			dpkg -x "$deb" "$new/root" && rm "$deb" || return
		done
}

echo "Unpacking Cyrus IMAP into $1, for tests only (MS_NO_DEPS=1: never)"
if ! fetch cyrus-common cyrus-imapd sasl2-bin; then
	[ "$(id -u)" -eq 0 ] && apt-get update -q || exit 1
	fetch cyrus-common cyrus-imapd sasl2-bin || exit 1
fi
more=$(libraries cyrus-common cyrus-imapd sasl2-bin)
while [ -n "$more" ]; do
	# shellcheck disable=SC2086 # a list of words
	fetch $more && more=$(libraries $more) || exit 1
done
chmod 755 "$new" "$new/root"
# If another process was faster, its copy stays.
mv -T "$new/root" "$1" 2>/dev/null || [ -e "$1/usr/lib/cyrus/bin/imapd" ]
