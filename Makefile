# Makefile - builds the tools into build/bin, tests them, installs them.
# Users own CC CFLAGS CPPFLAGS LDFLAGS PREFIX BINDIR MANDIR DESTDIR.
#   make            the tools                 make install    and their manuals
#   make demo       what they do, shown       make check      every test
#   make deps       missing Debian packages   make lint fuzz soak mutants bench
# V=1 shows the commands, SAN=1 builds with ASan and UBSan in build/san,
# DEVELOPER=1 with -Werror.
# MS_NO_DEPS=1: nothing is ever installed. More in README.
-include config.mk

CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
JOBS ?= 2
FUZZ_SECONDS ?= 60

# The Debian packages that building, testing, linting and comparing need.
DEB_build = gcc libc6-dev pkg-config libetpan-dev libarchive-dev libzstd-dev \
	libjansson-dev libssl-dev libsasl2-dev liblmdb-dev libinih-dev \
	libldap-dev libcrypt-dev
DEB_check = perl mandoc jq python3 openssl zstd procps libsasl2-modules \
	dovecot-imapd dovecot-pop3d slapd
DEB_lint = clang libclang-rt-dev clang-format clang-tidy cppcheck shellcheck \
	valgrind bear
DEB_bench = isync borgbackup notmuch offlineimap3 getmail6 mpop
DEPS ?= build check

# Expanded when first used, and once: `make deps` brings pkg-config.
PKGS = libarchive libzstd jansson libssl libcrypto inih
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags libetpan $(PKGS)))$(PKG_CFLAGS)
# Debian's libetpan.pc asks for linking without PIE; nothing needs that. Linked
# statically, libetpan brings what is called of it, and not GnuTLS and ten other
# libraries: ms-fetch starts in half the time, which counts with many mailboxes.
# Where there is only the shared one, that does.
ETPAN = $(if $(wildcard $(shell pkg-config --variable=libdir libetpan)/libetpan.a),-l:libetpan.a,-letpan)
PKG_LIBS = $(eval PKG_LIBS := $$(patsubst -letpan,$$(ETPAN),\
	$$(filter-out -specs=%,$$(shell pkg-config --libs libetpan))) \
	$$(shell pkg-config --libs $(PKGS)) -lsasl2 -llmdb -lldap -llber -lcrypt -lpthread)$(PKG_LIBS)

MS_LDFLAGS = -Wl,--as-needed
MS_CFLAGS = -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wundef \
	-Wvla -Wformat=2 -Wwrite-strings -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -fstack-protector-strong $(PKG_CFLAGS)
ifeq ($(DEVELOPER),1)
MS_CFLAGS += -Werror
endif

B = build
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined
ifeq ($(SAN),1)
B = build/san
MS_CFLAGS += $(SANITIZE) -fno-omit-frame-pointer
MS_LDFLAGS += $(SANITIZE)
endif
ifeq ($(FUZZ),1)
B = build/fuzz
MS_CFLAGS += $(SANITIZE) -fsanitize=fuzzer-no-link -fno-omit-frame-pointer
MS_LDFLAGS += $(SANITIZE)
endif
# With a shared libms.so, and an empty libmutant.so before it: t/mutants.py.
MS = $(B)/libms.a
ifeq ($(MUTANTS),1)
B = build/mutants
MS = $(B)/libmutant.so $(B)/libms.so
MS_CFLAGS += -fPIC -fsemantic-interposition -w
MS_LDFLAGS = -Wl,--no-as-needed -Wl,-rpath,$(abspath $(B))
endif
# What is made is named; V=1 shows the commands, -s nothing.
SILENT = $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
Q = $(if $(V),,@$(if $(SILENT),,echo '  $@' &&)) #
COMPILE = $(CC) $(MS_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(COMPILE) -MF $@.d $(MS_LDFLAGS) $(LDFLAGS) -o $@
LIBS = $(MS) $(PKG_LIBS)

# The folders of lib/ from the lowest layer to the highest. A file of lib/ can
# include the headers of its own folder and of the folders before it, a tool
# those of lib/ and of cmd/runner. -iquote, not -I: lib/base/time.h must not
# hide the <time.h> of the C library.
LAYERS = base mail net log formats imap pop3 index archive ingest query verify \
	sync users jobs
up_to = $(if $(filter-out $1,$(firstword $2)),$(firstword $2) \
	$(call up_to,$1,$(wordlist 2,$(words $2),$2)),$1)
layers = $(addprefix -iquote lib/,$(call up_to,$1,$(LAYERS)))
folder = $(firstword $(subst /, ,$1))
ALL_LAYERS = $(addprefix -iquote lib/,$(LAYERS))

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $1/*.c))
LIB = $(foreach l,$(LAYERS),$(call objects,lib/$l))
TOOLS = $(patsubst %.c,$(B)/bin/%,$(notdir $(wildcard cmd/*/ms-*.c)))
UNITS = $(patsubst t/unit/%.c,$(B)/unit/%,$(wildcard t/unit/*.c))
FUZZERS = $(patsubst t/fuzz/%.c,$(B)/fuzz/%,$(wildcard t/fuzz/*.c))
SEEDS = $(patsubst t/fuzz/%.c,$(B)/seeds/%,$(wildcard t/fuzz/*.c))
SHIMS = build/t/crash.so build/t/unsynced.so build/t/undo

all: $(TOOLS)
units: $(UNITS)
shims: $(SHIMS)

# q: two members may have the same file name.
$(B)/libms.a: $(LIB)
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/libms.so: $(LIB)
	$(Q)$(LINK) -shared -Wl,-soname,$(@F) $^ $(PKG_LIBS)

$(B)/libmutant.so:
	@mkdir -p $(@D)
	$(Q)echo | $(LINK) -shared -Wl,-soname,$(@F) -x c -

$(B)/librunner.a: $(call objects,cmd/runner)
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(call layers,$(call folder,$*)) -c -o $@ $<

$(B)/cmd/%.o: cmd/%.c
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote cmd/runner $(ALL_LAYERS) -c -o $@ $<

define tool
$(B)/bin/ms-$1: $(call objects,cmd/$1) $(B)/librunner.a $(MS)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK) $$^ $$(PKG_LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(patsubst ms-%,%,$(notdir $t)))))

$(B)/unit/%: t/unit/%.c $(MS)
	@mkdir -p $(@D)
	$(Q)$(LINK) -iquote t/unit -iquote lib $(ALL_LAYERS) $< $(LIBS)

# A fuzz target without libFuzzer: runs its seeds and what is close to them.
$(B)/seeds/%: t/fuzz/%.c t/fuzz-main.c $(MS)
	@mkdir -p $(@D)
	$(Q)$(LINK) -iquote t -iquote lib $(ALL_LAYERS) $< t/fuzz-main.c $(LIBS)

$(B)/fuzz/%: t/fuzz/%.c $(B)/libms.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -iquote t -iquote lib $(ALL_LAYERS) -fsanitize=fuzzer $< $(LIBS)

# Preload libraries for the crash tests; never with sanitizers.
SHIM = $(CC) -std=c17 -D_GNU_SOURCE -Wall -Wextra -O2 -g -MMD -MP -MF $@.d -o $@ $<
build/t/%.so: t/shim/%.c
	@mkdir -p $(@D)
	$(Q)$(SHIM) -fPIC -shared -ldl -lpthread
build/t/%: t/shim/%.c
	@mkdir -p $(@D)
	$(Q)$(SHIM)

deps:
	@t/deps.sh $(foreach group,$(DEPS),$(DEB_$(group)))
	@$(if $(filter check,$(DEPS)),t/deps-cyrus.sh build/cyrus)

# `make deps` can install pkg-config: what follows it is a make of its own.
AGAIN = $(MAKE) --no-print-directory \
	$(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
# The longest scripts begin first, so that no processor idles at the end; one
# more runs than there are processors, as many wait for a server.
LONG = 2210 2220 3310 2240 2310 5100 9100 1940 1900 1920 3320 2230 2200 3340 \
	2300 5110 5120 2100 3070 1070 0110 0201 1060 2060 2080 2070
SCRIPTS = $(foreach n,$(LONG),$(wildcard t/$n-*.t)) \
	$(filter-out $(foreach n,$(LONG),t/$n-%),$(sort $(wildcard t/*.t)))
PROVE = prove --timer --exec '' $(PROVEFLAGS)
export SAN
export ASAN_OPTIONS = exitcode=99:allocator_may_return_null=1
export UBSAN_OPTIONS = exitcode=99:print_stacktrace=1

demo:
	@t/deps.sh $(DEB_build) || true
	@$(AGAIN) all
	@B=$(B) t/demo.sh

check:
	@t/deps.sh $(DEB_build) $(DEB_check) || true
	@t/deps-cyrus.sh build/cyrus || true
	@$(AGAIN) everything
	$(PROVE) -j$$(($(JOBS) + 1)) $(SCRIPTS) $(UNITS) $(SEEDS)

soak:
	@t/deps.sh $(DEB_build) $(DEB_check) || true
	@t/deps-cyrus.sh build/cyrus || true
	@$(AGAIN) everything
	MS_SOAK=1 $(PROVE) $(sort $(wildcard t/*.t))

everything: all units shims $(SEEDS)

fuzz:
	@t/deps.sh $(DEB_build) $(DEB_lint) || true
	@$(AGAIN) $(patsubst %,build/seeds/%,$(notdir $(FUZZERS)))
	@$(AGAIN) FUZZ=1 CC=clang $(patsubst %,build/fuzz/fuzz/%,$(notdir $(FUZZERS)))
	@t/fuzz.sh $(FUZZ_SECONDS) $(notdir $(FUZZERS))

# FOLDERS=log, lib/log/pack.c or lib/log/pack.c:259. More in t/mutants.py.
mutants:
	@t/deps.sh $(DEB_build) $(DEB_check) || true
	@$(AGAIN) MUTANTS=1 CFLAGS=-O1 all units
	@CFLAGS='$(MS_CFLAGS)' t/mutants.py $(if $(N),-n $(N)) $(if $(SEED),-s $(SEED)) \
		$(if $(SECONDS),-t $(SECONDS)) $(if $(PERCENT),-p $(PERCENT)) \
		-j $(JOBS) $(or $(FOLDERS),$(LAYERS))

bench:
	@t/deps.sh $(DEB_build) $(DEB_check) $(DEB_bench) || true
	@$(AGAIN) all
	@t/bench/run

lint:
	@t/deps.sh $(DEB_build) $(DEB_lint) || true
	@CFLAGS='$(MS_CFLAGS)' LAYERS='$(ALL_LAYERS)' t/lint.sh

install: all
	install -d $(DESTDIR)$(BINDIR)
	install $(TOOLS) $(DESTDIR)$(BINDIR)
	for m in man/*.[1-9]; do d=$(DESTDIR)$(MANDIR)/man$${m##*.}; \
	    install -d $$d && install -m 644 $$m $$d || exit; done

compile_commands.json:
	bear -- $(MAKE) -B all units

clean:
	rm -rf build compile_commands.json

.PHONY: all units shims deps demo check soak everything fuzz mutants bench lint install clean
.SECONDARY:
-include $(wildcard $(addprefix $(B)/,lib/*/*.d cmd/*/*.d bin/*.d unit/*.d seeds/*.d fuzz/*.d) build/t/*.d)
