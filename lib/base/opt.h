/*
 * opt.h - command lines: one table of options for each tool serves the parser,
 * the usage, the completion and the test of the manual. An option has the same
 * name and meaning in every tool (ms(7), Options). Layer: above err, buf,
 * report.
 */
#ifndef MS_OPT_H
#define MS_OPT_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"
#include "err.h"

#define MS_VERSION "0.1.0"

/* ---- tables ---- */

enum ms_opt_type {
	MS_OPT_FLAG,   /* no argument; bool: becomes true */
	MS_OPT_CONST,  /* no argument; an integer or enum: becomes .min */
	MS_OPT_STRING, /* const char *: the argument itself, borrowed */
	MS_OPT_LIST,   /* struct ms_opt_list: one more, at most .max */
	MS_OPT_NUMBER, /* an integer or enum: a number from .min to .max */
	MS_OPT_SIZE,   /* uint64_t: bytes, 1 to .max; K, M and G multiply */
	MS_OPT_CHOICE, /* an enum: the index of the argument in .value, which
			  has the form "auto | mbox | eml" */
	MS_OPT_CALL,   /* only .call is called */
	MS_OPT_AS,     /* const char *: the user of --as, given once */
	MS_OPT_HELP,   /* the last three print something and end the tool */
	MS_OPT_VERSION,
	MS_OPT_TABLE
};

/* The arguments of an option that can be given several times. The array is to
 * be freed; the texts are borrowed. */
struct ms_opt_list {
	const char **v;
	size_t n;
};

/*
 * Handles an option.
 *   values  the struct that receives the values
 *   value   the argument; NULL where the option takes none
 * The function returns 0, or -1 with err set to MS_USAGE. The parser adds the
 * name of the option to err.
 */
struct ms_option;
typedef int ms_opt_fn(void *values, const struct ms_option *o,
    const char *value, struct ms_err *err);

/* Whether a user of --as who is not an admin can give an option. */
enum ms_as {
	MS_AS_TYPE, /* as its type says: not a text, which may name a file, a
		       command or a server of the caller */
	MS_AS_TEXT, /* yes, the text names nothing of that kind */
	MS_AS_OWN   /* no */
};

/* One option. A row without a name ends a table. The members stand in the order
 * in which a row is read. */
struct ms_option {
	char letter;      /* 0: there is no short form */
	const char *name; /* the long form, without dashes */
	enum ms_opt_type type;
	size_t at, size;   /* the member that receives the value: MS_OPT_IN */
	const char *value; /* name of the argument; NULL: takes none */
	const char *help;  /* one line; NULL: an undocumented option */
	uint64_t min, max;
	ms_opt_fn *call;     /* or NULL; called after the value was stored */
	unsigned char group; /* options of one group exclude each other; 0:
				none */
	unsigned char class; /* for the use of the tool */
	enum ms_as as;
	/* The help begins a group of options with this heading here; NULL:
	 * the group goes on. */
	const char *heading;
};
/* Handles --color. */
ms_opt_fn ms_opt_color;

/* The row of --as in the table of a tool; the member may be NULL. */
#define MS_OPT_AS_ROW(...)                                                     \
	{                                                                      \
		0, "as", MS_OPT_AS,                                            \
		    __VA_ARGS__.value = "user",                                \
		    .help = "act as this user, with this user's privileges"    \
	}

#define MS_OPT_GROUPS 8
#define MS_OPT_IN(type, member)                                                \
	.at = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

/*
 * Rows that several tools have. `type` is the struct of the values; its member
 * is a struct ms_report_options; `of` is the class of the rows.
 */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): names of types and members */
#define MS_OPT_REPORT_ROWS(type, member, of)                                   \
	{0, "report", MS_OPT_STRING, MS_OPT_IN(type, member.path), "file",     \
	    "write a report to this file (ms-json(5))", .class = (of),         \
	    .heading = "Output"},                                              \
	{'q', "quiet", MS_OPT_FLAG, MS_OPT_IN(type, member.quiet),             \
	    .help = "print nothing but errors", .class = (of)}
/* In the order of enum ms_report_how. */
#define MS_OPT_PROGRESS_ROW(type, member, of)                                  \
	{0, "progress", MS_OPT_CHOICE, MS_OPT_IN(type, member.how),            \
	    "auto | json", "progress: on a terminal, or as JSON on stderr",    \
	    .class = (of)}
#define MS_OPT_VERBOSE_ROW(type, member, of, about)                            \
	{'v', "verbose", MS_OPT_FLAG, MS_OPT_IN(type, member.verbose),         \
	    .help = (about), .class = (of)}
#define MS_OPT_PAGER_ROW(type, member, of)                                     \
	{0, "no-pager", MS_OPT_FLAG, MS_OPT_IN(type, member),                  \
	    .help = "do not show the output in a pager", .class = (of)}
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

/* The last rows of every table of a tool. --print-options is undocumented: the
 * completion and t/0010-manuals.t read the table by means of this option. */
/* clang-format off */
#define MS_OPT_COMMON                                                          \
	{0, "color", MS_OPT_CALL, .value = "auto | always | never",            \
	    .help = "colours (default: auto)", .call = ms_opt_color,           \
	    .as = MS_AS_TEXT},                                                \
	{'h', "help", MS_OPT_HELP, .help = "explain the options"},                 \
	{'V', "version", MS_OPT_VERSION, .help = "print the version"},         \
	{0, "print-options", .type = MS_OPT_TABLE},                            \
	{0}
/* clang-format on */

/* ---- the parser ---- */

struct ms_opt_state {
	/* Searched in this order. If call is not NULL, this function handles
	 * the options of the table. */
	struct {
		const struct ms_option *rows; /* or NULL */
		ms_opt_fn *call;
	} tables[3];
	void *values; /* the struct that receives the values */
	bool stop;    /* the first operand ends the options */

	/* Set by the parser: */
	const char *as; /* the user of --as */
	/* What a user who is not an admin cannot give; NULL: nothing. */
	const char *own_option, *own_operand;
	struct ms_buf given; /* const struct ms_option *: on the command line */
	bool parsing;
	const struct ms_option *group[MS_OPT_GROUPS]; /* given, of each group */
	const struct ms_option *print; /* asked for: help, version, table */
};

/*
 * ms_opt_parse() reads a command line.
 *   argv  the arguments without the name of the tool, ended by NULL; on return
 *         its first elements are the operands, ended by NULL
 * Options may follow operands; "--" ends them. The function returns the number
 * of operands, or -1 with err set to MS_USAGE. The first error counts, but all
 * options are read. The caller releases s->given. An abbreviated long option is
 * an error. An error about an unknown option names the nearest one.
 */
int ms_opt_parse(struct ms_opt_state *s, char *argv[], struct ms_err *err);
/* Handles one option as the parser does. value: NULL is no argument. */
int ms_opt_set(struct ms_opt_state *s, const char *name, const char *value,
    struct ms_err *err);
/* As ms_opt_set(), unless the option, or another one of its group, was given on
 * the command line. */
int ms_opt_default(struct ms_opt_state *s, const char *name, const char *value,
    struct ms_err *err);
/* The row of this name, or NULL. */
const struct ms_option *ms_opt_find(
    const struct ms_option *table, const char *name);
bool ms_opt_takes_value(const struct ms_option *o);

/* ---- tools ---- */

#define MS_OPT_ANY INT_MAX /* any number of operands */

/* What the function of a tool or verb is given. */
struct ms_args {
	const struct ms_command *tool;
	const struct ms_command *cmd; /* the tool, or its verb */
	struct ms_opt_state *options; /* for ms_opt_default() */
	void *values;                 /* of the options */
	int count;
	char **v; /* the operands, ended by NULL */
};

#define MS_AS_ANY 0x80000000U /* any user, with the other bits */

/* A tool, or a verb of a tool. A row without a name ends a list of verbs. */
struct ms_command {
	const char *name;
	const struct ms_option *options;
	const char *operands; /* as the usage shows them, or NULL */
	int least, most;      /* number of operands */
	/* The first operand ends the options; so it is with the operands of a
	 * tool that has verbs. */
	bool stop;
	const char *about; /* one line for the help, without a full stop */
	const char *see;   /* the end of the help of a tool, or NULL */
	const char *like;  /* other words for a verb, as in "rm remove" */
	/* Options that are not part of the usage, and their function. */
	const struct ms_option *more;
	ms_opt_fn *more_call;
	const char *more_heading; /* of these options in the help, or NULL */
	/* Runs the tool and returns the exit status. */
	int (*run)(const struct ms_args *args);
	/* Ends the output of a tool that is not run, after an error of this
	 * code that has been printed: a usage error, or one of the guard.
	 * Returns the exit status; NULL: there is nothing to end. */
	int (*refused)(void *values, enum ms_code code);
	const struct ms_command *verbs; /* or NULL */
	/*
	 * With --as: the privileges that the tool or verb needs, as bits of
	 * enum ms_privilege, with MS_AS_ANY; 0: only an admin can use it. The
	 * operands of a user who is not an admin are "-", unless `no_files`
	 * says that they name no files. The guard of a tool checks this before
	 * it is run; a tool without a guard has no --as.
	 */
	unsigned as;
	bool no_files;
	int (*guard)(const struct ms_args *args, struct ms_err *err);
	const void *data; /* for the use of the tool */
};

/*
 * The body of main(): reads the options of the tool and of the verb, does what
 * --help and --version ask for, or calls run() and closes stdout. The options
 * of the tool may also follow the verb. argc and argv are those of main().
 * Descriptors 0, 1 and 2 are opened if they are closed, so that no file of ours
 * gets one of these numbers, and a write beyond `ulimit -f` fails instead of
 * killing the process. The function returns the exit status.
 */
int ms_command_main(
    const struct ms_command *tool, void *values, int argc, char *argv[]);
/* Prints a usage error, which names the help to read; returns EX_USAGE. */
int ms_command_misused(const struct ms_args *args, const struct ms_err *err);

/* ---- values ---- */

/* -a, else $MS_ARCHIVE, else the archive of ms-config(5). -1: MS_USAGE, there
 * is none of these, and the errors of ms_config_value(). */
int ms_opt_archive(const char **dir, const char *given, struct ms_err *err);
/* The default archive, without -a; *dir receives NULL if there is none. If
 * MS_ARCHIVE is empty, there is none. */
int ms_opt_default_archive(const char **dir, struct ms_err *err);
/*
 * -u, else `envelope` (may be NULL), else $MS_USER, else the login name, else
 * the number of the caller's uid. The next call may return the same memory.
 */
const char *ms_opt_user(const char *given, const char *envelope);
/* A decimal number within bounds, and nothing else; MS_USAGE. */
int ms_opt_number(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    struct ms_err *err);

/* The same for bytes; K, M and G, in either case, multiply by powers of 1024.
 */
int ms_opt_size(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    struct ms_err *err);

/*
 * Flushes and closes stdout, so that a full disk does not look like success.
 * Only the first call does anything. MS_TEMP or MS_IO: some of what was
 * written did not arrive.
 */
int ms_close_stdout(struct ms_err *err);

#endif
