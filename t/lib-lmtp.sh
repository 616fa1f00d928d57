# shellcheck shell=sh
# lib-lmtp.sh - a listener of ms-ingest --lmtp. Source this file after lib.sh:
#   lmtp_start SOCKET [OPTION ...]   SOCKET as for listen.py; sets $lmtp_pid and
#                                    $lmtp_port; its messages go to lmtp.err
#   lmtp_stop            ends it by SIGTERM, and sets $lmtp_status
# shellcheck disable=SC2154,SC2034 # set by other files; used by tests
lmtp_pid=''

lmtp_start() {
	_socket=$1 && shift
	rm -f lmtp.port
	setpriv --pdeathsig KILL python3 "$top/t/listen.py" "$_socket" lmtp.port \
		ms-ingest --lmtp "$@" >lmtp.out 2>lmtp.err &
	lmtp_pid=$!
	await test -s lmtp.port
	lmtp_port=$(cat lmtp.port)
}

lmtp_stop() {
	kill "$lmtp_pid"
	wait "$lmtp_pid"
	lmtp_status=$?
	lmtp_pid=''
}
