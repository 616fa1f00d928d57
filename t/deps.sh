#!/bin/sh
# usage: t/deps.sh PACKAGE ... - installs those of these Debian packages that are
# missing. On other systems, and with MS_NO_DEPS=1, it does nothing. Status 1:
# some are still missing.
[ "${MS_NO_DEPS-}" != 1 ] || exit 0
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || exit 0

missing=
for p; do
	case " $missing " in *" $p "*) continue ;; esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

echo "Missing Debian packages; this installs them (MS_NO_DEPS=1: never):"
echo "    apt-get install --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
	echo "That needs root: run it as root (or sudo make deps). Going on without."
	exit 1
fi

# A mail server that only tests want must not start by being installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo "apt-get update failed; trying with what is known"
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends $missing
