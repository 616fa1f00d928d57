/* clients.c - finds the stores of mail clients in a home directory, for
 * ms-ingest(1): --client without inputs, and --list-clients. */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "json.h"
#include "opt.h"
#include "stop.h"

int
ingest_client_paths(const struct ingest_options *opt, char ***paths,
    struct ms_client_stores *stores, struct ms_err *err)
{
	const char *home = getenv("HOME");

	if (opt->source.client == MS_CLIENT_NONE || (*paths)[0] != NULL ||
	    opt->lmtp)
		return 0;
	if (home == NULL || *home == '\0')
		return ms_fail(err, MS_USAGE, "HOME is not set");
	ms_client_stores_find(stores, opt->source.client, home);
	if (stores->n == 0)
		return ms_fail(err, MS_NOINPUT,
		    "%s: no store of %s there; name its directory", home,
		    ms_client_name(opt->source.client));
	*paths = ms_xcalloc(stores->n + 1, sizeof(**paths));
	for (size_t i = 0; i < stores->n; i++)
		(*paths)[i] = stores->v[i].path;
	return 0;
}

void
ingest_client_paths_release(char **paths, struct ms_client_stores *stores)
{
	if (stores->n > 0)
		free(paths);
	ms_client_stores_release(stores);
}

/* ---- --list-clients ---- */

struct counts {
	uint64_t messages, left_out, failed, bytes;
};

/* Reads a whole store. */
static void
count(const struct ms_client_store *store, struct counts *n)
{
	struct ms_source_options opt = {.client = store->client};
	struct ms_err why = {0};
	struct ms_source *src;
	struct ms_arrival m;
	struct ms_slice piece;
	int got;

	*n = (struct counts){0};
	if (ms_source_open(&src, store->path, &opt, &why) < 0) {
		n->failed = why.code != MS_NOINPUT;
		return;
	}
	while (ms_stopped == 0 && (got = ms_source_next(src, &m, &why)) != 0) {
		if (got < 0 && why.code != MS_NOINPUT)
			n->failed++;
		else if (got > 0 && m.left_out != NULL)
			n->left_out++;
		if (got < 0 || m.left_out != NULL)
			continue;
		while ((got = ms_source_read(src, &piece, &why)) > 0)
			n->bytes += piece.n;
		*(got < 0 ? &n->failed : &n->messages) += 1;
	}
	ms_source_close(src);
}

static void
print_store(
    const struct ms_client_store *store, const struct counts *n, bool as_json)
{
	const char *name = ms_client_name(store->client);
	struct ms_buf line = {0};
	json_t *o;

	if (as_json) {
		o = json_object();
		json_object_set_new(o, "client", json_string(name));
		ms_json_text(o, "path", ms_slice_str(store->path));
		ms_json_number(o, "messages", n->messages);
		ms_json_number(o, "left_out", n->left_out);
		ms_json_number(o, "failed", n->failed);
		ms_json_number(o, "bytes", n->bytes);
		ms_json_line(&line, o);
		json_decref(o);
	} else {
		ms_buf_printf(&line, "%s\t", name);
		for (const char *p = store->path; *p != '\0'; p++)
			if (*p == '\t' || *p == '\n' || *p == '\\')
				ms_buf_printf(&line, "\\%c",
				    *p == '\t'   ? 't'
				    : *p == '\n' ? 'n'
						 : '\\');
			else
				ms_buf_add_byte(&line, (unsigned char)*p);
		ms_buf_printf(&line, "\t%llu\t%llu\t%llu\t%llu",
		    (unsigned long long)n->messages,
		    (unsigned long long)n->left_out,
		    (unsigned long long)n->failed,
		    (unsigned long long)n->bytes);
	}
	ms_buf_add_byte(&line, '\n');
	fwrite(line.p, 1, line.n, stdout);
	fflush(stdout);
	ms_buf_release(&line);
}

static int
print_stores(const struct ingest_options *opt,
    const struct ms_client_stores *stores, struct ms_err *err)
{
	struct counts n;
	bool failed = false;

	for (size_t i = 0; i < stores->n && ms_stopped == 0; i++) {
		count(&stores->v[i], &n);
		if (ms_stopped == 0)
			print_store(&stores->v[i], &n, opt->assign.json);
		failed |= n.failed > 0;
	}
	if (ms_close_stdout(err) < 0)
		return ms_warn_err(TOOL, err);
	return ms_stopped != 0 ? EX_TEMPFAIL : failed ? MS_STATUS_SOME : 0;
}

int
ingest_list_clients(const struct ingest_options *opt, const char *home)
{
	struct ms_client_stores stores = {0};
	struct ms_err err = {0};
	char **paths;
	int rc, status;

	if (home == NULL)
		home = getenv("HOME");
	if (home == NULL || *home == '\0') {
		ms_fail(&err, MS_USAGE, "HOME is not set");
		return ms_warn_err(TOOL, &err);
	}
	ms_client_stores_find(&stores, opt->source.client, home);
	paths = ms_xcalloc(stores.n + 1, sizeof(*paths));
	for (size_t i = 0; i < stores.n; i++)
		paths[i] = stores.v[i].path;
	ms_stop_catch();
	rc = stores.n > 0 ? ingest_confine(opt, NULL, paths, &err) : 0;
	status =
	    rc < 0 ? ms_warn_err(TOOL, &err) : print_stores(opt, &stores, &err);
	free(paths);
	ms_client_stores_release(&stores);
	return status;
}
