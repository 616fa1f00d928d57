/* ms-verify.c - checks that an archive is whole, or rebuilds its index. The
 * manual is ms-verify(1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "actor.h"
#include "human.h"
#include "opt.h"
#include "report.h"
#include "sha.h"
#include "time.h"
#include "verify.h"

#define TOOL "ms-verify"

struct options {
	const char *archive;
	struct ms_report_options report;
	bool quick, data, rebuild;
};

static const char *const kinds[] = {
    [MS_FAULT_REMARK] = NULL,
    [MS_FAULT_PACK] = "pack",
    [MS_FAULT_MESSAGE] = "message",
    [MS_FAULT_INDEX] = "index",
};

struct run {
	struct ms_report *report;
};

/* Prints a line such as "message ID (alice, INBOX, 2026-..., Subject): reason".
 */
static void
show(const struct ms_fault *f, const char *date)
{
	struct ms_buf b = {0};
	const char *const about[] = {f->user, f->folder, date, f->subject};
	bool any = false;
	size_t i;

	ms_buf_add_str(&b, f->where);
	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		if (about[i] == NULL)
			continue;
		ms_buf_add_str(&b, any ? ", " : " (");
		ms_buf_add_str(&b, about[i]);
		any = true;
	}
	ms_warn(TOOL, "%s%s: %s", ms_buf_str(&b), any ? ")" : "", f->reason);
	ms_buf_release(&b);
}

static void
fault(void *ctx, const struct ms_fault *f)
{
	struct run *run = ctx;
	char id[MS_SHA_HEX + 1] = "", date[21] = "";
	bool remark = f->kind == MS_FAULT_REMARK;

	if (f->id != NULL)
		ms_hex(f->id, MS_SHA_LEN, id);
	if (f->date != NULL)
		ms_time_format(*f->date, date);
	const struct ms_report_text texts[] = {
	    {"what", kinds[f->kind]},
	    {"where", f->where},
	    {"reason", f->reason},
	    {"id", f->id != NULL ? id : NULL},
	    {"user", f->user},
	    {"source", f->source},
	    {"folder", f->folder},
	    {"date", f->date != NULL ? date : NULL},
	    {"subject", f->subject},
	};
	ms_report_line(run->report, remark ? "note" : "damaged", texts,
	    sizeof(texts) / sizeof(texts[0]));
	if (remark)
		ms_report_note(run->report, "%s: %s", f->where, f->reason);
	else
		show(f, f->date != NULL ? date : NULL);
}

static void
progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct run *run = ctx;

	struct ms_progress p = {.what = what};
	bool bytes = strcmp(what, "packs") == 0;

	*(bytes ? &p.bytes : &p.messages) = done;
	*(bytes ? &p.bytes_total : &p.messages_total) = total;
	ms_report_progress(run->report, &p);
}

static void
say_sums(struct run *run, const struct ms_verify_sum *s, bool data)
{
	char chain[MS_SHA_HEX + 1];
	struct ms_buf b = {0};

	ms_hex(s->chain, MS_SHA_LEN, chain);
	ms_human_count(
	    &b, data ? s->messages : s->batches, data ? "message" : "batch");
	ms_buf_add_str(&b, " in ");
	ms_human_count(
	    &b, data ? s->batches : s->packs, data ? "batch" : "pack");
	if (data)
		ms_buf_printf(&b, ", %" PRIu64 " damaged", s->damaged);
	ms_buf_add_str(&b, "; ");
	ms_human_count(&b, s->faults, "finding");
	ms_report_note(run->report, "%s; chain %s", ms_buf_str(&b), chain);
	ms_buf_release(&b);
}

/* With -v: how much was checked. */
static void
say_counts(struct run *run, const struct ms_verify_sum *s, bool data)
{
	struct ms_buf b = {0};

	ms_human_count(&b, s->packs, "pack");
	ms_buf_add_str(&b, ", ");
	ms_human_bytes(&b, s->bytes);
	ms_buf_add_str(&b, ", ");
	ms_human_count(&b, s->blocks, "block");
	ms_buf_add_str(&b, ", ");
	ms_human_count(&b, s->records, "record");
	if (data) {
		ms_buf_add_str(&b, ", ");
		ms_human_count(&b, s->messages, "message");
		ms_buf_add_str(&b, ", ");
		ms_human_count(&b, s->occurrences, "occurrence");
	}
	ms_report_note(run->report, "%s", ms_buf_str(&b));
	ms_buf_release(&b);
}

static int
end(struct run *run, const struct ms_verify_sum *s, int status)
{
	const struct ms_report_count counts[] = {
	    {"packs", s->packs},
	    {"bytes", s->bytes},
	    {"batches", s->batches},
	    {"records", s->records},
	    {"messages", s->messages},
	    {"occurrences", s->occurrences},
	    {"damaged", s->damaged},
	    {"faults", s->faults},
	};
	struct ms_err err = {0};

	if (ms_report_end(run->report, status, counts,
		sizeof(counts) / sizeof(counts[0]), &err) < 0)
		return ms_warn_end(TOOL, status, &err);
	return status;
}

static int
verify(const struct ms_args *args)
{
	const struct options *opt = args->values;
	struct run run = {0};
	struct ms_verify v = {
	    .how = opt->quick ? MS_VERIFY_QUICK : MS_VERIFY_DATA,
	    .fault = fault,
	    .progress = progress,
	    .ctx = &run};
	struct ms_verify_sum sum = {0}, made = {0};
	struct ms_err err = {0};
	const char *dir;
	int rc = 0, status;

	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_report_open(&run.report, TOOL, &opt->report, &err) < 0)
		return ms_warn_err(TOOL, &err);
	if (opt->rebuild) {
		rc = ms_verify_rebuild(&v, dir, &made, &err);
		if (rc == 0)
			ms_report_note(run.report, "index rebuilt");
		if (rc == 0 && made.taken > 0)
			ms_report_note(run.report,
			    "%" PRIu64 " users, sources, folders, labels, "
			    "profiles, settings and changes of the view are "
			    "taken from the old index, and are in the packs "
			    "again",
			    made.taken);
		if (rc == 0 && made.missing > 0)
			ms_report_note(run.report,
			    "%" PRIu64 " messages are not whole; they are "
			    "stored again when they are fetched or ingested "
			    "again",
			    made.missing);
	}
	if (rc == 0 && (!opt->rebuild || opt->quick || opt->data)) {
		rc = ms_verify(&v, dir, &sum, &err);
		if (rc == 0 && opt->report.verbose)
			say_counts(&run, &sum, !opt->quick);
		if (rc == 0)
			say_sums(&run, &sum, !opt->quick);
	}
	sum.faults += made.faults;
	if (rc < 0)
		status = ms_warn_err(TOOL, &err);
	else
		status = sum.faults > 0 ? EX_DATAERR : 0;
	return end(&run, &sum, status);
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "verify this archive (default: $MS_ARCHIVE)"},
    {0, "quick", MS_OPT_FLAG, MS_OPT_IN(struct options, quick),
	.help = "check structure and checksums only", .group = 1},
    {0, "data", MS_OPT_FLAG, MS_OPT_IN(struct options, data),
	.help = "check all contents and the index (default)", .group = 1},
    {0, "rebuild-index", MS_OPT_FLAG, MS_OPT_IN(struct options, rebuild),
	.help = "make a new index from the packs"},
    MS_OPT_REPORT_ROWS(struct options, report, 0),
    MS_OPT_PROGRESS_ROW(struct options, report, 0),
    MS_OPT_VERBOSE_ROW(
	struct options, report, 0, "print how much was checked, too"),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .about = "Verifies an archive, and makes its index again",
    .run = verify,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
