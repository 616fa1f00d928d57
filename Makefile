# Makefile - builds the tools into build/bin, tests them, installs them.
# Users own CC CFLAGS CPPFLAGS LDFLAGS PREFIX BINDIR MANDIR DESTDIR.
-include config.mk

CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man

PKGS = libetpan libarchive libzstd jansson libssl libcrypto
# Debian's libetpan.pc asks for linking without PIE; nothing needs that.
PKG_LIBS = $(filter-out -specs=%,$(shell pkg-config --libs libetpan)) \
	$(shell pkg-config --libs libarchive libzstd jansson libssl libcrypto) \
	-llmdb -lpthread
MS_CFLAGS = -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wundef \
	-Wvla -Wformat=2 -Wwrite-strings -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -fstack-protector-strong -Ilib \
	$(shell pkg-config --cflags $(PKGS))
ifeq ($(DEVELOPER),1)
MS_CFLAGS += -Werror
endif

B = build
ifeq ($(SAN),1)
B = build/san
MS_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
MS_LDFLAGS += -fsanitize=address,undefined
endif

LIB = $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c))
TOOLS = $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/ms-*.c))
UNITS = $(patsubst t/unit/%.c,$(B)/unit/%,$(wildcard t/unit/*.c))

all: $(TOOLS)
units: $(UNITS)

$(B)/libms.a: $(LIB)
	rm -f $@ && ar rcs $@ $^

$(B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(MS_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/bin/%: cmd/%.c $(B)/libms.a
	@mkdir -p $(@D)
	$(CC) $(MS_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(MS_LDFLAGS) $(LDFLAGS) -o $@ $< $(B)/libms.a $(PKG_LIBS)

$(B)/unit/%: t/unit/%.c $(B)/libms.a
	@mkdir -p $(@D)
	$(CC) $(MS_CFLAGS) $(CPPFLAGS) $(CFLAGS) -It/unit -MMD -MP -MF $@.d $(MS_LDFLAGS) $(LDFLAGS) -o $@ $< $(B)/libms.a $(PKG_LIBS)

clean:
	rm -rf build

.PHONY: all units clean
-include $(wildcard $(B)/lib/*.d $(B)/bin/*.d $(B)/unit/*.d)
