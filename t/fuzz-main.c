/*
 * fuzz-main.c - runs a fuzz target without libFuzzer: each seed, each of its
 * prefixes, each seed with one byte changed, and random cuts and mixtures, for
 * a fixed number of runs. With a folder as argument, it writes the seeds there.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SEEDS_MAX 512
#define SEED_SIZE ((size_t)256 * 1024)
#define EACH_MAX 1024 /* positions in a seed that are tried */
#define RANDOM_RUNS 2000
#define SECONDS_MAX 5 /* time limit for a slow target */

static struct {
	unsigned char *p;
	size_t n;
} seeds[SEEDS_MAX];
static size_t count;
static unsigned long runs;
static time_t deadline;

/*
 * Copies the input to memory of its exact size, so that a sanitizer detects any
 * access beyond it.
 */
static void
run(const unsigned char *p, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

static void
add(const void *p, size_t n)
{
	if (count == SEEDS_MAX || n > SEED_SIZE)
		return;
	seeds[count].p = malloc(n > 0 ? n : 1);
	if (seeds[count].p == NULL)
		abort();
	memcpy(seeds[count].p, p, n);
	seeds[count++].n = n;
}

static void
add_files(const char *dir)
{
	static unsigned char bytes[SEED_SIZE];
	char path[4096];
	struct dirent *e;
	DIR *d = opendir(dir);
	FILE *f;

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		f = e->d_name[0] != '.' ? fopen(path, "rb") : NULL;
		if (f == NULL)
			continue;
		add(bytes, fread(bytes, 1, sizeof(bytes), f));
		fclose(f);
	}
	if (d != NULL)
		closedir(d);
}

static unsigned
random_below(size_t n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 11) % (unsigned)(n > 0 ? n : 1);
}

static void
vary(size_t i)
{
	static const unsigned char odd[] = {
	    0, 0xff, 0x80, '\n', '\r', ' ', '='};
	size_t n = seeds[i].n, step = n / EACH_MAX + 1, at;
	unsigned char old;

	for (at = 0; at < n && time(NULL) <= deadline; at += step) {
		run(seeds[i].p, at);
		old = seeds[i].p[at];
		seeds[i].p[at] = odd[random_below(sizeof(odd))];
		run(seeds[i].p, n);
		seeds[i].p[at] = (unsigned char)(old ^ 1u << random_below(8));
		run(seeds[i].p, n);
		seeds[i].p[at] = old;
	}
}

/* Joins the beginning of one seed and the end of another. */
static void
mix(void)
{
	static unsigned char bytes[2 * SEED_SIZE];
	size_t a = random_below(count), b = random_below(count);
	size_t head = random_below(seeds[a].n + 1);
	size_t from = random_below(seeds[b].n + 1);

	memcpy(bytes, seeds[a].p, head);
	memcpy(bytes + head, seeds[b].p + from, seeds[b].n - from);
	run(bytes, head + seeds[b].n - from);
}

static int
write_seeds(const char *dir)
{
	char path[4096];
	FILE *f;
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		f = fopen(path, "wb");
		if (f == NULL ||
		    fwrite(seeds[i].p, 1, seeds[i].n, f) != seeds[i].n ||
		    fclose(f) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	const char *name = strrchr(argv[0], '/');
	const struct fuzz_seed *s;
	char dir[256];
	size_t i;

	name = name != NULL ? name + 1 : argv[0];
	for (s = fuzz_seeds; s != NULL && s->p != NULL; s++)
		add(s->p, s->n);
	snprintf(dir, sizeof(dir), "t/fuzz/seeds/%s", name);
	add_files(dir);
	if (argc > 1)
		return write_seeds(argv[1]);

	deadline = time(NULL) + SECONDS_MAX;
	run((const unsigned char *)"", 0);
	for (i = 0; i < count; i++)
		run(seeds[i].p, seeds[i].n);
	for (i = 0; i < count; i++)
		vary(i);
	for (i = 0; count > 0 && i < RANDOM_RUNS; i++)
		if (time(NULL) <= deadline)
			mix();
	printf("ok 1 - %s: %zu seeds, %lu runs\n1..1\n", name, count, runs);
	return 0;
}
