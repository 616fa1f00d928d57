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
				none. They stand side by side in the table. */
	unsigned char class; /* for the use of the tool */
};
#define MS_OPT_GROUPS 8
#define MS_OPT_IN(type, member)                                                \
	.at = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

/* The last rows of every table of a tool. --print-options is undocumented: the
 * completion and t/0010-manuals.t read the table by means of this option. */
/* clang-format off */
#define MS_OPT_COMMON                                                          \
	{'h', "help", MS_OPT_HELP, .help = "print the usage"},                 \
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
	bool mixed;   /* options may follow operands */

	/* Set by the parser: */
	const struct ms_option *group[MS_OPT_GROUPS]; /* given, of each group */
	const struct ms_option *print; /* asked for: help, version, table */
};

/*
 * ms_opt_parse() reads a command line.
 *   argv  the arguments without the name of the tool, ended by NULL; on return
 *         its first elements are the operands, ended by NULL
 * The function returns the number of operands, or -1 with err set to MS_USAGE.
 * The first error counts, but all options are read. An abbreviated long option
 * is an error.
 */
int ms_opt_parse(struct ms_opt_state *s, char *argv[], struct ms_err *err);
/* Handles one option as the parser does. value: NULL is no argument. */
int ms_opt_set(struct ms_opt_state *s, const char *name, const char *value,
    struct ms_err *err);
/* The row of this name, or NULL. */
const struct ms_option *ms_opt_find(
    const struct ms_option *table, const char *name);
bool ms_opt_takes_value(const struct ms_option *o);

/* ---- tools ---- */

#define MS_OPT_ANY INT_MAX /* any number of operands */

/* What the function of a tool or verb is given. */
struct ms_args {
	const struct ms_command *cmd; /* the tool, or its verb */
	void *values;                 /* of the options */
	int count;
	char **v; /* the operands, ended by NULL */
};

/* A tool, or a verb of a tool. A row without a name ends a list of verbs. */
struct ms_command {
	const char *name;
	const struct ms_option *options;
	const char *operands; /* as the usage shows them, or NULL */
	int least, most;      /* number of operands */
	bool mixed;           /* options may follow operands */
	/* Options that are not part of the usage, and their function. */
	const struct ms_option *more;
	ms_opt_fn *more_call;
	/* Runs the tool and returns the exit status. */
	int (*run)(const struct ms_args *args);
	/* Ends the output of a tool after a usage error that has been printed,
	 * and returns the exit status; NULL: there is nothing to end. */
	int (*misused)(void *values);
	const struct ms_command *verbs; /* or NULL */
	const void *data;               /* for the use of the tool */
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
/* Prints a usage error and the usage; returns EX_USAGE. */
int ms_command_misused(const struct ms_command *tool, const struct ms_err *err);

/* ---- values ---- */

/* -a, else $MS_ARCHIVE. -1: MS_USAGE, there is neither. */
int ms_opt_archive(const char **dir, const char *given, struct ms_err *err);
/*
 * -u, else `envelope` (may be NULL), else $MS_USER, else the login name, else
 * the number of the caller's uid. The next call may return the same memory.
 */
const char *ms_opt_user(const char *given, const char *envelope);
/* A decimal number within bounds, and nothing else; MS_USAGE. */
int ms_opt_number(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    struct ms_err *err);

/*
 * Flushes and closes stdout, so that a full disk does not look like success.
 * Only the first call does anything. MS_TEMP or MS_IO: some of what was
 * written did not arrive.
 */
int ms_close_stdout(struct ms_err *err);

#endif
