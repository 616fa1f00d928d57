# shellcheck shell=sh
# lib-client.sh - for tests of mail clients' stores; after lib.sh.
# shellcheck disable=SC2154 # lib.sh sets scratch
n=0
export MS_USER=u

# kept NAME STATUS COMMAND...: the command adds mail to a new archive. Standard
# input has a line for each occurrence: folder|label|flags|subject.
kept() {
	_what=$1 _code=$2 && shift 2
	n=$((n + 1)) && export MS_ARCHIVE="$scratch/arc$n"
	sort >want
	ms-init -u u "$MS_ARCHIVE"
	status "$_what" "$_code" "$@"
	ms-list --json 2>/dev/null |
		jq -r '"\(.folder)|\(.label // "local")|\(.flags)|\(.subject)"' | sort >got
	same "$_what: folder, label, flags, subject" want got
}

# mail SUBJECT: a message with LF.
mail() {
	printf 'From: b@example.org\nTo: u@example.org\nSubject: %s\nDate: Thu, 01 Jan 2004 12:00:00 +0100\n\ntext of %s\n' \
		"$1" "$1"
}
