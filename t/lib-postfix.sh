# shellcheck shell=sh
# lib-postfix.sh - a Postfix of the test, on a port of 127.0.0.1. Source this
# file after lib.sh, as root; then:
#   postfix_needs                 skips the test where Postfix cannot run
#   postfix_start [LINE ...]      starts it with these lines of main.cf; sets
#                                 $postfix_port and $postfix_root
#   postfix_queued N              are there N messages in its queue?
#   postfix_stop                  stops it; also done when the script ends
# shellcheck disable=SC2154,SC2034 # set by other files; used by tests
postfix_root=$scratch/postfix

trap 'postfix_stop; cd /; [ -n "${MS_KEEP-}" ] && echo "# kept $scratch" ||
	{ chmod -R u+rwx "$scratch"; rm -rf "$scratch"; }' EXIT

postfix_needs() {
	[ -x /usr/sbin/postfix ] && [ -x /usr/lib/postfix/sbin/master ] ||
		skip postfix 'no Postfix'
	[ "$(id -u)" -eq 0 ] || skip postfix 'Postfix is started by root'
}

postfix_config() {
	cat >"$postfix_root/etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $postfix_root/queue
		data_directory = $postfix_root/data
		daemon_directory = /usr/lib/postfix/sbin
		command_directory = /usr/sbin
		maillog_file = $postfix_root/log
		maillog_file_prefixes = $postfix_root
		myhostname = mx.example.org
		mydestination =
		mynetworks = 127.0.0.0/8
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		smtpd_relay_restrictions = permit_mynetworks, reject
		local_recipient_maps =
		alias_maps =
		queue_run_delay = 1s
		minimal_backoff_time = 1s
		maximal_backoff_time = 1s
		transport_retry_time = 1s
		default_destination_concurrency_failed_cohort_limit = 0
	END
	for line; do echo "$line"; done >>"$postfix_root/etc/main.cf"
	cat >"$postfix_root/etc/master.cf" <<-END
		127.0.0.1:$postfix_port inet n - n - - smtpd
		cleanup   unix  n - n - 0 cleanup
		qmgr      unix  n - n 1 1 qmgr
		rewrite   unix  - - n - - trivial-rewrite
		bounce    unix  - - n - 0 bounce
		defer     unix  - - n - 0 bounce
		trace     unix  - - n - 0 bounce
		proxymap  unix  - - n - - proxymap
		smtp      unix  - - n - - smtp
		relay     unix  - - n - - smtp
		error     unix  - - n - - error
		retry     unix  - - n - - error
		discard   unix  - - n - - discard
		lmtp      unix  - - n - - lmtp
		virtual   unix  - n n - - virtual
		showq     unix  n - n - - showq
		anvil     unix  - - n - 1 anvil
		postlog   unix-dgram n - n - 1 postlogd
	END
}

postfix_start() {
	mkdir -p "$postfix_root/etc" "$postfix_root/queue" "$postfix_root/data"
	chown postfix "$postfix_root/data"
	chmod 755 "$scratch" "$postfix_root" "$postfix_root/queue"
	postfix_port=$(python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
	postfix_config "$@"
	postfix -c "$postfix_root/etc" start >"$postfix_root/start" 2>&1 &&
		await postfix_answers
}

postfix_answers() {
	python3 -c "import socket
socket.create_connection(('127.0.0.1', $postfix_port), 5).recv(3)" 2>"$postfix_root/answers"
}

postfix_queued() {
	[ "$(postqueue -c "$postfix_root/etc" -j 2>"$postfix_root/queue.err" | wc -l)" -eq "$1" ]
}

postfix_stop() {
	[ -e "$postfix_root/queue/pid/master.pid" ] || return 0
	postfix -c "$postfix_root/etc" abort >"$postfix_root/stop" 2>&1
}
