# shellcheck shell=sh
# lib-proxy.sh - a bad connection between ms-fetch and a server: cut-proxy.py. Source
# it after lib-imap.sh (and lib-cyrus.sh), then:
#   proxy_start PORT [tls]   $proxy_port leads to 127.0.0.1:PORT; with "tls" what
#                            is counted and cut is the plain text inside TLS
#   proxy WORD ...           the behaviour from now on, see cut-proxy.py; sets the
#                            amounts of the time before: $proxy_server and
#                            $proxy_client (bytes), $proxy_connections,
#                            $proxy_commands
#   proxy_stop               also done when the script ends
# shellcheck disable=SC2154,SC2034 # what the other files set; what is for the test
proxy_root=$scratch/proxy proxy_pid=''

trap 'proxy_stop; ! command -v cyrus_stop >/dev/null || cyrus_stop; imap_stop; cd /
	[ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT

proxy_start() {
	rm -rf "$proxy_root" && mkdir "$proxy_root" || return
	target=127.0.0.1:$1
	[ "${2-}" = tls ] && set -- --tls "$imap_root/good.pem" "$imap_root/good.key" || set --
	setpriv --pdeathsig TERM python3 "$top/t/cut-proxy.py" "$@" "$proxy_root" "$target" \
		2>"$scratch/proxy.err" &
	proxy_pid=$!
	started $proxy_pid "$scratch/proxy.err" test -s "$proxy_root/port" || return
	proxy_port=$(cat "$proxy_root/port")
}

proxy() {
	echo "$*" >"$proxy_root/do"
	read -r proxy_server proxy_client proxy_connections proxy_commands <"$proxy_root/done"
}

proxy_stop() {
	[ -n "$proxy_pid" ] || return 0
	kill "$proxy_pid" 2>/dev/null
	wait "$proxy_pid" 2>/dev/null
	proxy_pid=''
}
