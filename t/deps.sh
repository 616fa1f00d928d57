#!/bin/sh
# usage: t/deps.sh PACKAGE ... - installs the Debian packages that are missing.
# On other systems, and with MS_NO_DEPS=1, the script does nothing. Status 1:
# some are missing, and the user has read what to type. Status 2: apt failed.
[ "${MS_NO_DEPS-}" != 1 ] || exit 0
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || exit 0

missing=
for p; do
	case " $missing " in *" $p "*) continue ;; esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo 'Debian packages are missing. Type this, then make again (MS_NO_DEPS=1: go on without):'
	echo "    sudo apt-get install --no-install-recommends$missing"
	exit 1
fi
echo "Missing Debian packages; this installs them (MS_NO_DEPS=1: never):"
echo "    apt-get install --no-install-recommends$missing"

# A mail server that is installed for the tests must not be started.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo "apt-get update failed; trying with the old package lists"
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends $missing || exit 2
