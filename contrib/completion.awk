# completion.awk - writes the completion of all tools for a shell. Used by make:
#   awk -v shell=bash|zsh|fish -f completion.awk TABLE...
# Each table is the output of `TOOL --print-options`, in a file that is named
# like the tool: verb, --name, -letter, argument, help, with TABs between.

BEGIN { FS = "\t" }
FNR == 1 { tool = FILENAME; sub(/.*\//, "", tool); tools[++count] = tool }
$2 == "" { verbs[tool, ++verb_count[tool]] = $1; about[tool, $1] = $5
	operands[tool, $1] = $4; next }
{
	n = ++options[tool, $1]
	name[tool, $1, n] = $2; letter[tool, $1, n] = $3
	value[tool, $1, n] = $4; help[tool, $1, n] = $5
}
END {
	if (shell == "bash") bash()
	else if (shell == "zsh") zsh()
	else fish()
}

# ---- what an argument is ----

# The kind of an argument: words of a list, a kind of `ms-list --print-values`,
# files, folders of the file system, or "".
function kind_of(argument, option) {
	if (argument ~ / \| /) return "words"
	if (argument == "archive" || argument == "directory") return "directories"
	if (argument ~ /^(file|dest|report)$/) return "files"
	if (argument == "user" || option == "--as") return "users"
	if (argument == "folder" || argument == "pattern") return "folders"
	if (option == "--label") return "labels"
	return ""
}
# The kind of the operands of a tool or verb.
function kind_of_operands(t, v) {
	if (t == "ms-profile" && v !~ /^(add|list|)$/) return "profiles"
	if (t == "ms-users" && v ~ /^(show|set|rename|delete|passwd|addresses|grant|revoke|log)$/)
		return "users"
	if (t ~ /^ms-(list|export|remove|move)$/) return "query"
	if (t == "ms-fetch") return "accounts"
	return "files"
}
function words_of(argument) { gsub(/ \|/, "", argument); return argument }
function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }

# ---- bash ----

function bash(i, j, n, t, v) {
	print "# Completion of the ms tools for bash. Made by `make`."
	print "_ms_table() { case $1 in"
	for (i = 1; i <= count; i++) {
		t = tools[i]
		print t ") cat <<'END'"
		for (j = 0; j <= verb_count[t]; j++) {
			v = j == 0 ? "" : verbs[t, j]
			print v ";;;" kind_of_operands(t, v)
			for (n = 1; n <= options[t, v]; n++)
				print v ";" name[t, v, n] ";" letter[t, v, n] ";" bash_kind(t, v, n)
		}
		print "END\n;;"
	}
	print "esac; }"
}
function bash_kind(t, v, n, kind) {
	kind = kind_of(value[t, v, n], name[t, v, n])
	if (kind == "words") return "=" words_of(value[t, v, n])
	return kind != "" ? kind : value[t, v, n] != "" ? "-" : ""
}

# ---- zsh ----

function zsh(i, j, t, v) {
	printf "#compdef"
	for (i = 1; i <= count; i++) printf " %s", tools[i]
	print "\n# Completion of the ms tools for zsh. Made by `make`."
	print "_ms_tool() {\n\tlocal context state state_descr line ret=1"
	print "\ttypeset -A opt_args\n\tcase $service in"
	for (i = 1; i <= count; i++) {
		t = tools[i]
		print "\t" t ")"
		if (verb_count[t] == 0) {
			print "\t\t_arguments -s -S" zsh_options(t, "") \
				" '*:operand:_ms_operand " kind_of_operands(t, "") "' && ret=0\n\t\t;;"
			continue
		}
		print "\t\t_arguments -s -S -C" zsh_options(t, "") \
			" '1:verb:->verb' '*::argument:->rest' && ret=0"
		print "\t\tcase $state in\n\t\tverb)\n\t\t\tlocal -a verbs\n\t\t\tverbs=("
		for (j = 1; j <= verb_count[t]; j++)
			print "\t\t\t\t" quoted(verbs[t, j] ":" about[t, verbs[t, j]])
		print "\t\t\t)\n\t\t\t_describe verb verbs && ret=0\n\t\t\t;;"
		print "\t\trest)\n\t\t\tcase $line[1] in"
		for (j = 1; j <= verb_count[t]; j++) {
			v = verbs[t, j]
			print "\t\t\t" v ") _arguments -s -S" zsh_options(t, v) zsh_options(t, "") \
				" '*:operand:_ms_operand " kind_of_operands(t, v) "' && ret=0 ;;"
		}
		print "\t\t\tesac\n\t\t\t;;\n\t\tesac\n\t\t;;"
	}
	print "\tesac\n\treturn ret\n}"
}
function zsh_options(t, v, n, out, text, end) {
	for (n = 1; n <= options[t, v]; n++) {
		text = help[t, v, n]
		gsub(/\\/, "\\\\", text); gsub(/\[/, "\\[", text)
		gsub(/\]/, "\\]", text); gsub(/:/, "\\:", text)
		end = "[" text "]"
		if (value[t, v, n] != "")
			end = end ":" zsh_value(value[t, v, n], name[t, v, n])
		if (letter[t, v, n] != "")
			out = out " \\\n\t\t\t'(" letter[t, v, n] " " name[t, v, n] ")'{" letter[t, v, n] \
				"," name[t, v, n] (value[t, v, n] != "" ? "=" : "") "}" quoted(end)
		else
			out = out " \\\n\t\t\t" quoted("*" name[t, v, n] (value[t, v, n] != "" ? "=" : "") end)
	}
	return out
}
function zsh_value(argument, option, kind) {
	kind = kind_of(argument, option)
	if (kind == "words") return "word:(" words_of(argument) ")"
	gsub(/:/, "\\:", argument)
	return argument ":" (kind != "" ? "_ms_operand " kind : "")
}

# ---- fish ----

function fish(i, j, t, v) {
	print "# Completion of the ms tools for fish. Made by `make`."
	for (i = 1; i <= count; i++) {
		t = tools[i]
		print "complete -c " t " -f"
		for (j = 0; j <= verb_count[t]; j++) {
			v = j == 0 ? "" : verbs[t, j]
			if (v != "")
				print "complete -c " t " -n __fish_use_subcommand -a " v " -d " fish_quoted(about[t, v])
			fish_options(t, v)
			if (v != "" || verb_count[t] == 0)
				print "complete -c " t fish_when(v) " -a '(__ms_values " kind_of_operands(t, v) ")'"
		}
	}
}
function fish_when(v) { return v == "" ? "" : " -n '__fish_seen_subcommand_from " v "'" }
function fish_quoted(text) { gsub(/'/, "\\'", text); return "'" text "'" }
function fish_options(t, v, n, line, kind) {
	for (n = 1; n <= options[t, v]; n++) {
		line = "complete -c " t fish_when(v) " -l " substr(name[t, v, n], 3)
		if (letter[t, v, n] != "") line = line " -s " substr(letter[t, v, n], 2)
		line = line " -d " fish_quoted(help[t, v, n])
		kind = kind_of(value[t, v, n], name[t, v, n])
		if (kind == "words") line = line " -x -a " fish_quoted(words_of(value[t, v, n]))
		else if (kind != "") line = line " -x -a '(__ms_values " kind ")'"
		else if (value[t, v, n] != "") line = line " -x"
		print line
	}
}
