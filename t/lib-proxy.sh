# shellcheck shell=sh
# lib-proxy.sh - a bad connection between ms-fetch and a server, made by
# cut-proxy.py. Source this file after lib-imap.sh (and lib-cyrus.sh), then:
#   proxy_start PORT [tls]   connects $proxy_port to 127.0.0.1:PORT; with "tls",
#                            the proxy counts and cuts the plain text inside TLS
#   proxy WORD ...           sets the behaviour from now on, see cut-proxy.py;
#                            sets the amounts since the last call: $proxy_server
#                            and $proxy_client (bytes), $proxy_connections,
#                            $proxy_commands
#   proxy_stop               stops the proxy; also done when the script ends
# shellcheck disable=SC2154,SC2034 # set by other files; used by tests
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
