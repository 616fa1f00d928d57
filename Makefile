# Makefile - builds the tools into build/bin, tests them, installs them.
# Users own CC CFLAGS CPPFLAGS LDFLAGS PREFIX BINDIR MANDIR DESTDIR.
#   make            the tools                 make install    with manuals, completion
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
DEB_build = gcc libc6-dev pkg-config libetpan-dev libarchive-dev libsqlite3-dev libzstd-dev \
	libjansson-dev libssl-dev libsasl2-dev liblmdb-dev libinih-dev \
	libpff-dev libbfio-dev \
	libldap-dev libcrypt-dev libunistring-dev libidn2-dev \
	libseccomp-dev libgsf-1-dev libgumbo-dev
DEB_check = perl mandoc jq postfix python3 openssl zstd procps libsasl2-modules \
	dovecot-imapd dovecot-pop3d slapd
DEB_lint = clang libclang-rt-dev clang-format clang-tidy cppcheck shellcheck \
	valgrind bear
DEB_bench = pst-utils isync borgbackup notmuch offlineimap3 getmail6 mpop
DEPS ?= build check

# Expanded when first used, and once: `make deps` brings pkg-config.
PKGS = libarchive sqlite3 libzstd jansson libssl libcrypto inih libidn2 libseccomp \
	libpff libbfio libgsf-1 gumbo
# As headers of the system, so that nothing warns about them.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(patsubst -I%,-isystem %,$$(shell pkg-config --cflags libetpan $(PKGS))))$(PKG_CFLAGS)
# Debian's libetpan.pc asks for linking without PIE; nothing needs that.
PKG_LIBS = $(eval PKG_LIBS := $$(filter-out -specs=%,$$(shell pkg-config --libs libetpan)) \
	$$(shell pkg-config --libs $(PKGS)) -lunistring -lsasl2 -llmdb -lldap -llber -lcrypt -lpthread)$(PKG_LIBS)

# Hardening, as in Debian: checked calls of the C library (not with -O0, and not
# with sanitizers, which check more), the stack, jumps, and an executable that is
# loaded at a random address and whose tables are read-only. What the compiler
# does not know is left out: CET is of x86, branch protection of ARM.
# t/0330-hardening.t
HARDEN_TRY = -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection=full -mbranch-protection=standard
HARDEN = $(eval HARDEN := $$(shell for f in $(HARDEN_TRY); do \
	echo | $$(CC) -Werror $$$$f -x c -c -o /dev/null - 2>/dev/null && echo $$$$f; done))$(HARDEN)
OPTIMIZED = $(filter-out -O0,$(filter -O%,$(CFLAGS)))
SANITIZED = $(findstring -fsanitize=,$(CFLAGS))$(filter 1,$(SAN) $(FUZZ))
FORTIFY = $(if $(and $(OPTIMIZED),$(if $(SANITIZED),,1),$(if \
	$(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),,1)),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=3)
MS_LDFLAGS = -Wl,--as-needed -pie -Wl,-z,relro,-z,now,-z,noexecstack
MS_CFLAGS = -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wundef \
	-Wvla -Wformat=2 -Wwrite-strings -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -fPIE $(HARDEN) $(FORTIFY) $(PKG_CFLAGS)
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
# With a shared libms.so, and an empty libmutant.so before it: t/mutants.py. A
# program is not linked again when a shared library has changed.
MS = $(B)/libms.a
ifeq ($(MUTANTS),1)
B = build/mutants
MS = $(B)/libmutant.so $(B)/libms.so
SHARED = |
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
LAYERS = base mail mime mapi net log formats imap pop3 smtp index archive text ingest query verify \
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
TABLES = $(patsubst $(B)/bin/%,$(B)/tables/%,$(TOOLS))
COMPLETION = $(addprefix $(B)/completion/,bash zsh fish)
SHIMS = build/t/crash.so build/t/unsynced.so build/t/sandbox.so build/t/undo build/t/contained

all: $(TOOLS)
units: $(UNITS)
shims: $(SHIMS) build/t/bin/python3

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
$(B)/bin/ms-$1: $(call objects,cmd/$1) $(B)/librunner.a $(SHARED) $(MS)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK) $$(filter-out $$(MS),$$^) $$(LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(patsubst ms-%,%,$(notdir $t)))))

# Functions of parsers before which the linker puts an attack: t/unit/payload.c.
PAYLOADS = ms_mime_find ms_html_text ms_unpack_open ms_unpack_next ms_pst_open \
	ms_msg_open ms_mapi_convert ms_rtf_decompress ms_rtf_extract ms_tnef_parse
ifneq ($(MUTANTS),1)
$(B)/unit/payload: MS_CFLAGS += -DPAYLOADS
$(B)/unit/payload: MS_LDFLAGS += $(PAYLOADS:%=-Wl,--wrap=%)
endif

$(B)/unit/%: t/unit/%.c $(SHARED) $(MS)
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

# The python3 of the tests, which start it thousands of times. That of pyenv is
# a script, and looks for installed modules, which no test uses: it needs ten
# times as long. That of the system is preferred, because it is faster.
build/t/bin/python3:
	@mkdir -p $(@D)
	@python=$$(PATH=/usr/bin:$$PATH python3 -c 'import sys; print(sys.executable)') || exit 0; \
	printf '#!/bin/sh\nexec "%s" -S "$$@"\n' "$$python" >$@ && chmod +x $@

deps:
	@t/deps.sh $(foreach group,$(DEPS),$(DEB_$(group)))
	@$(if $(filter check,$(DEPS)),t/deps-cyrus.sh build/cyrus)

# `make deps` can install pkg-config: what follows it is a make of its own.
AGAIN = $(MAKE) --no-print-directory \
	$(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
# The longest programs begin first, so that no processor idles at the end; one
# more runs than there are processors, as many wait for a server.
LONG = 2220 2310 1950 4620 2260 3310 2210 9030 0270 2225 2240 0910 3065 1940 3040 9020 \
	3320 0320 5100 9100 1060 0110 0200 1080 0201 1920 1945 2130 1030 1070 4510 2200 \
	2100 2300 1900 0250 3340 2230 5110 5120 3070 2060 2080 2070
LONG_UNITS = $(addprefix $(B)/unit/,view-model damage segment repack sync-model sandbox)
SCRIPTS = $(foreach n,$(LONG),$(wildcard t/$n-*.t)) \
	$(filter-out $(foreach n,$(LONG),t/$n-%),$(sort $(wildcard t/*.t)))
PROVE = prove --timer --exec '' $(PROVEFLAGS)
export SAN
export ASAN_OPTIONS = exitcode=99:allocator_may_return_null=1
export UBSAN_OPTIONS = exitcode=99:print_stacktrace=1

demo:
	@t/deps.sh $(DEB_build) || test $$? -ne 1
	@$(AGAIN) all
	@B=$(B) t/demo.sh

check:
	@t/deps.sh $(DEB_build) $(DEB_check) || test $$? -ne 1
	@t/deps-cyrus.sh build/cyrus || true
	@$(AGAIN) everything
	TMPDIR=$$(t/tmpdir.sh) $(PROVE) -j$$(($(JOBS) + 1)) $(LONG_UNITS) $(SCRIPTS) \
		$(filter-out $(LONG_UNITS),$(UNITS)) $(SEEDS)

# The tools of version 0.1 in build/old/build/bin, for t/0280-old-tools.t. If they
# are there, or MS_OLD_BIN names others, `make check` runs this test.
OLD = c551108
old:
	@git cat-file -e $(OLD)^{commit} 2>/dev/null || \
	    { echo 'make old: skipped: this is not a clone with its history'; exit 0; }; \
	[ -e build/old/Makefile ] || { rm -rf build/old.new && mkdir -p build/old.new && \
	    git archive $(OLD) | tar -x -C build/old.new && mv build/old.new build/old; } && \
	$(AGAIN) -C build/old SAN= FUZZ= DEVELOPER= all
MS_OLD_BIN ?= $(wildcard $(CURDIR)/build/old/build/bin)
export MS_OLD_BIN

soak:
	@t/deps.sh $(DEB_build) $(DEB_check) || test $$? -ne 1
	@t/deps-cyrus.sh build/cyrus || true
	@$(AGAIN) everything
	MS_SOAK=1 $(PROVE) $(sort $(wildcard t/*.t)) $(UNITS)

everything: all units shims $(SEEDS) $(COMPLETION)

fuzz:
	@t/deps.sh $(DEB_build) $(DEB_lint) || test $$? -ne 1
	@$(AGAIN) $(patsubst %,build/seeds/%,$(notdir $(FUZZERS)))
	@$(AGAIN) FUZZ=1 CC=clang $(patsubst %,build/fuzz/fuzz/%,$(notdir $(FUZZERS)))
	@$(AGAIN) build/unit/mapi-mutants
	@printf '%s\n' $(notdir $(FUZZERS)) | xargs -n 1 -P $(JOBS) t/fuzz.sh $(FUZZ_SECONDS)
	@t/fuzz-mapi.sh $(FUZZ_SECONDS)

# FOLDERS=log, lib/log/pack.c or lib/log/pack.c:259. More in t/mutants.py.
mutants:
	@t/deps.sh $(DEB_build) $(DEB_check) || test $$? -ne 1
	@$(AGAIN) MUTANTS=1 CFLAGS=-O1 all units build/t/bin/python3
	@CFLAGS='$(MS_CFLAGS)' t/mutants.py $(if $(N),-n $(N)) $(if $(SEED),-s $(SEED)) \
		$(if $(SECONDS),-t $(SECONDS)) $(if $(PERCENT),-p $(PERCENT)) $(if $(QUICK),-q) $(if $(ONLY_UNITS),-u) \
		-j $(JOBS) $(or $(FOLDERS),$(LAYERS))

bench:
	@t/deps.sh $(DEB_build) $(DEB_check) $(DEB_bench) || test $$? -ne 1
	@$(AGAIN) all shims
	@t/bench/run

lint:
	@t/deps.sh $(DEB_build) $(DEB_lint) || test $$? -ne 1
	@CFLAGS='$(filter-out %_FORTIFY_SOURCE=3,$(MS_CFLAGS))' LAYERS='$(ALL_LAYERS)' t/lint.sh

# The completion of each shell, from the tables of options.
$(B)/tables/%: $(B)/bin/%
	@mkdir -p $(@D)
	@$< --print-options >$@.new && mv $@.new $@
$(B)/completion/%: $(TABLES) contrib/completion.awk contrib/completion.%
	@mkdir -p $(@D)
	@{ awk -v shell=$* -f contrib/completion.awk $(TABLES) && \
	    cat contrib/completion.$*; } >$@.new && mv $@.new $@

# Where each shell looks for the completion of the tools.
BASH_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_DIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

install: all $(COMPLETION)
	install -d $(DESTDIR)$(BINDIR) $(BASH_DIR) $(ZSH_DIR) $(FISH_DIR)
	install $(TOOLS) $(DESTDIR)$(BINDIR)
	for m in man/*.[1-9]; do d=$(DESTDIR)$(MANDIR)/man$${m##*.}; \
	    install -d $$d && install -m 644 $$m $$d || exit; done
	for t in $(notdir $(TOOLS)); do \
	    install -m 644 $(B)/completion/bash $(BASH_DIR)/$$t && \
	    install -m 644 $(B)/completion/fish $(FISH_DIR)/$$t.fish || exit; done
	install -m 644 $(B)/completion/zsh $(ZSH_DIR)/_ms

uninstall:
	cd $(DESTDIR)$(BINDIR) && rm -f $(notdir $(TOOLS))
	for m in man/*.[1-9]; do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m#man/}; done
	rm -f $(addprefix $(BASH_DIR)/,$(notdir $(TOOLS))) $(ZSH_DIR)/_ms \
	    $(patsubst %,$(FISH_DIR)/%.fish,$(notdir $(TOOLS)))

compile_commands.json:
	bear -- $(MAKE) -B all units

clean:
	rm -rf build compile_commands.json

.PHONY: all units shims deps demo check old soak everything fuzz mutants bench lint install uninstall clean
.SECONDARY:
-include $(wildcard $(addprefix $(B)/,lib/*/*.d cmd/*/*.d bin/*.d unit/*.d seeds/*.d fuzz/*.d) build/t/*.d)
