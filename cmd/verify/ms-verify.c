/* ms-verify.c - checks that an archive is whole, or rebuilds its index. The
 * manual is ms-verify(1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "opt.h"
#include "report.h"
#include "sha.h"
#include "time.h"
#include "verify.h"

#define TOOL "ms-verify"

struct options {
	const char *archive, *report;
	bool quiet, quick, data, rebuild;
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

	ms_report_progress(run->report, what, done, total,
	    strcmp(what, "packs") == 0 ? "bytes" : "messages");
}

static void
say_sums(struct run *run, const struct ms_verify_sum *s, bool data)
{
	char chain[MS_SHA_HEX + 1];

	ms_hex(s->chain, MS_SHA_LEN, chain);
	if (data)
		ms_report_note(run->report,
		    "%" PRIu64 " messages in %" PRIu64 " batches, %" PRIu64
		    " damaged; %" PRIu64 " findings; chain %s",
		    s->messages, s->batches, s->damaged, s->faults, chain);
	else
		ms_report_note(run->report,
		    "%" PRIu64 " batches in %" PRIu64 " packs; %" PRIu64
		    " findings; chain %s",
		    s->batches, s->packs, s->faults, chain);
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
	    ms_report_open(&run.report, TOOL, opt->report, opt->quiet, &err) <
		0)
		return ms_warn_err(TOOL, &err);
	if (opt->rebuild) {
		rc = ms_verify_rebuild(&v, dir, &made, &err);
		if (rc == 0)
			ms_report_note(run.report, "index rebuilt");
		if (rc == 0 && made.missing > 0)
			ms_report_note(run.report,
			    "%" PRIu64 " messages are not whole; they are "
			    "stored again when they are fetched or ingested "
			    "again",
			    made.missing);
	}
	if (rc == 0 && (!opt->rebuild || opt->quick || opt->data)) {
		rc = ms_verify(&v, dir, &sum, &err);
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
    {0, "report", MS_OPT_STRING, MS_OPT_IN(struct options, report), "file",
	"write a report in JSON Lines to this file (ms-json(5))"},
    {'q', "quiet", MS_OPT_FLAG, MS_OPT_IN(struct options, quiet),
	.help = "print nothing if no damage is found"},
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .run = verify,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
