# Gol: build, tests and checks. `make help` lists the targets. No configure step.
#
#   make CC=clang            another compiler
#   make B=build/x OPT=-O0   another folder, other flags

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
B       ?= build/release
OPT     ?= -O2
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)

WARN    := -Wall -Wextra -Werror
ifneq ($(findstring clang,$(CC)),)
WARN    += -Wno-gnu-variable-sized-type-not-at-end
endif
# No unwind tables outside of debug information: nothing here throws, and they are a tenth of the library.
CFLAGS  += -std=gnu17 -g $(OPT) $(WARN) -fno-strict-aliasing -fno-asynchronous-unwind-tables -fvisibility=hidden -fPIC -pthread -I. -Iinclude $(EXTRA)
LDLIBS  += -lutf8proc -lgmp -lm -lpthread

FOLDERS := base lexer parser types bytecode compiler runtime vm api
LIB_SRC := $(foreach d,$(FOLDERS),$(wildcard $(d)/*.c)) stdlib/library.c \
           $(filter-out stdlib/embed.c stdlib/signatures.c stdlib/library.c,$(shell find stdlib -name '*.c' | sort))
MOST_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(B)/stdlib/embedded.o
LIB_OBJ := $(MOST_OBJ) $(B)/stdlib/signatures_made.o
CMD_SRC := $(wildcard cmd/*.c)
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)
GOL_SRC := $(shell find stdlib -name '*.gol' | sort)

all: gol

gol: $(B)/gol
	@cp -f $< $@.new && mv -f $@.new $@

$(B)/gol: $(CMD_OBJ) $(B)/libgol.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

# One relocatable object in which everything but gol_ is local: nothing else leaves the library.
$(B)/libgol.o: $(LIB_OBJ)
	ld -r -o $@ $^
ifeq ($(SANITIZE),)
	objcopy --localize-hidden $@
endif

$(B)/libgol.a: $(B)/libgol.o
	@rm -f $@
	ar rcs $@ $<

# pack-relative-relocs: the tables of natives and types are full of addresses (glibc 2.36 and later; other linkers ignore it).
$(B)/libgol.so: $(LIB_OBJ)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libgol.so.0 -Wl,-z,pack-relative-relocs -o $@ $^ $(LDLIBS)

# The dispatch loop: keep the handlers' jumps apart.
VMFLAGS_gcc := -fno-gcse -fno-crossjumping -foptimize-sibling-calls
$(B)/vm/exec.o: override EXTRA += $(VMFLAGS_$(notdir $(CC)))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/embed: stdlib/embed.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O1 $(WARN) -o $@ $<

$(B)/stdlib/embedded.c: $(B)/embed $(GOL_SRC)
	@mkdir -p $(@D)
	$(B)/embed $(GOL_SRC) > $@.new && mv $@.new $@

$(B)/stdlib/embedded.o: $(B)/stdlib/embedded.c
	$(CC) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

$(B)/signatures: stdlib/signatures.c $(MOST_OBJ)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

$(B)/stdlib/signatures_made.c: $(B)/signatures
	$(B)/signatures > $@.new && mv $@.new $@

$(B)/stdlib/signatures_made.o: $(B)/stdlib/signatures_made.c
	$(CC) $(CFLAGS) -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- tests ----

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

# Unit tests look inside: they link the plain objects.
$(B)/unit/%: tests/unit/%.c $(LIB_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB_OBJ) -lcmocka $(LDLIBS)

# Tests of the interface see what a host sees: gol.h and the archive.
API_BIN := $(patsubst tests/api/%.c,$(B)/api_tests/%,$(wildcard tests/api/test_*.c))
$(B)/api_tests/%: tests/api/%.c $(B)/libgol.a
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 $(WARN) $(SANITIZE) -Iinclude -pthread -o $@ $^ -lcmocka $(LDLIBS)

# Hostile programs under limits (tests/limits/README.md).
$(B)/limits/test_hostile: $(wildcard tests/limits/*.c tests/limits/*.h) $(B)/libgol.a
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 $(WARN) $(SANITIZE) -Iinclude -Itests/limits -pthread -o $@ $(filter %.c %.a,$^) $(LDLIBS)

HOSTILE ?= --count 1000 --figures
hostile: $(B)/limits/test_hostile
	$(B)/limits/test_hostile $(HOSTILE)

# Data races: stale values at worst. Also with B=build/asan, or EXTRA="-DGOL_STACK_STRESS" and a B of its own.
RACY_SECONDS ?= 20
racy: $(B)/gol
	sh tests/limits/racy.sh $(B)/gol $(RACY_SECONDS)

$(B)/tools/%: tests/unit/%.c $(LIB_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(LIB_OBJ) $(LDLIBS)

$(B)/runner: tests/runner.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 $(WARN) -pthread -o $@ $<

# A host without the front column: nothing behind gol_load may need it.
API_FRONT := build complete constraint doc embed eval loader module names testexample testmain
BACK_OBJ := $(filter-out $(foreach d,lexer parser types compiler,$(B)/$(d)/%) $(API_FRONT:%=$(B)/api/%.o),$(LIB_OBJ))
$(B)/link_back: tests/link/back.c $(BACK_OBJ)
	$(CC) -std=gnu17 -g -O1 $(WARN) $(SANITIZE) -Iinclude -pthread -o $@ $^ $(LDLIBS)

EXAMPLES := $(patsubst examples/embed/%,$(B)/examples/%,$(basename $(wildcard examples/embed/*.c examples/embed/*.cc)))
ifeq ($(SANITIZE),)
EXAMPLES += $(B)/examples/python
endif
$(B)/examples/%: examples/embed/%.c $(B)/libgol.a
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 $(WARN) $(SANITIZE) -Iinclude -pthread -o $@ $^ $(LDLIBS)
$(B)/examples/%: examples/embed/%.cc $(B)/libgol.a
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -g -O1 $(WARN) $(SANITIZE) -Iinclude -pthread -o $@ $^ $(LDLIBS)
$(B)/examples/%: examples/embed/%.py $(B)/libgol.so
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec python3 %s %s\n' $< $(abspath $(B)/libgol.so) > $@ && chmod +x $@

# T: names of tests must contain one of these words. RUN: flags of the runner (--again: see tests/runner.c).
T ?=
RUN ?=
test: $(B)/gol $(UNIT_BIN) $(API_BIN) $(B)/limits/test_hostile $(EXAMPLES) $(B)/link_back $(B)/runner
	$(B)/runner --gol $(B)/gol --build $(B) --jobs $(JOBS) $(RUN) $(T)

test-slow: gol $(B)/runner
	$(B)/runner --gol $(B)/gol --build $(B) --jobs $(JOBS) --slow $(T)

# ---- sanitizers: the same tests in their own build ----

ASAN := -fsanitize=address,undefined -fno-sanitize=alignment -fno-omit-frame-pointer -DGOL_LOOP_DISPATCH
TSAN := -fsanitize=thread -DGOL_LOOP_DISPATCH

asan:
	$(MAKE) B=build/asan OPT=-O1 SANITIZE="$(ASAN)" EXTRA="$(ASAN)" test

# All but the programs that race on purpose.
TSAN_TESTS := lang/ stdlib/ panics/ sched/ seeds/ errors/ cli/ repl/ unit/ api_tests/ limits/test examples/
tsan:
	$(MAKE) B=build/tsan OPT=-O1 SANITIZE="$(TSAN)" EXTRA="$(TSAN)" T="$(or $(T),$(TSAN_TESTS))" test

# All Go programs. Tests in C and of tools tell when goroutines give way and what dead variables were called, which these builds change.
PROGRAM_TESTS := lang/ stdlib/ panics/ sched/ seeds/ errors/ limits/racy unit/test_natives

# Collections all the time, and whatever is dead overwritten: a forgotten root, a slot wrongly thought dead show at once.
gcstress:
	$(MAKE) B=build/gcs EXTRA=-DGOL_GC_STRESS T="$(or $(T),$(PROGRAM_TESTS))" test

# What a scope gives back is overwritten, the newest object or not: a wrong release shows at once. Every program is proved as an
# image would be.
releasestress:
	$(MAKE) B=build/rs EXTRA="-DGOL_RELEASE_STRESS -DGOL_VERIFY" T="$(or $(T),$(PROGRAM_TESTS))" test

# Stacks move at every call: a pointer into one that outlives it shows at once.
stackstress:
	$(MAKE) B=build/stack EXTRA=-DGOL_STACK_STRESS test

# ---- fuzzing (clang's libFuzzer) ----

# Each target ends after FUZZ_SECONDS, or after FUZZ_RUNS inputs (-1: no bound). FUZZ_SEED other than 0 repeats the same inputs.
FUZZ_SECONDS ?= 60
FUZZ_RUNS ?= -1
FUZZ_SEED ?= 0
FUZZ_FLAGS = -max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -seed=$(FUZZ_SEED) -rss_limit_mb=4000
# entropic=0: for inputs of a few numbers libFuzzer's choice of the next one takes longer than running it.
FUZZ_SAN := -fsanitize=fuzzer-no-link,address -DGOL_LOOP_DISPATCH
fuzz:
	$(MAKE) CC=clang B=build/fuzz OPT=-O1 SANITIZE="$(FUZZ_SAN)" EXTRA="$(FUZZ_SAN)" fuzz-run
fuzz-run: $(B)/fuzz_front $(B)/fuzz_image $(B)/fuzz_code
	@mkdir -p $(B)/corpus $(B)/images $(B)/codes
	$(B)/fuzz_image $(FUZZ_FLAGS) -timeout=20 -max_len=100 $(B)/images
	$(B)/fuzz_code $(FUZZ_FLAGS) -entropic=0 -timeout=20 -max_len=34 $(B)/codes
	$(B)/fuzz_front $(FUZZ_FLAGS) -timeout=10 -dict=tests/fuzz/go.dict $(B)/corpus tests/lang tests/errors
$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(LIB_OBJ)
	$(CC) $(CFLAGS) -fsanitize=fuzzer,address -o $@ $^ $(LDLIBS)

# ---- structure ----

layers: $(LIB_OBJ) $(CMD_OBJ)
	@sh tests/checks/layers.sh $(B)

globals: $(LIB_OBJ) $(CMD_OBJ)
	@sh tests/checks/globals.sh $(B)

symbols: $(B)/libgol.so $(B)/libgol.a
	@sh tests/checks/symbols.sh $(B)

tailcalls: $(B)/vm/exec.o
	@sh vm/check_tailcalls.sh $(B)/vm/exec.o

check: test layers globals symbols tailcalls

# ---- the rest ----

oracle:
	@sh tests/oracle.sh $(T)

# Against whichever peers are installed: GO, LUA, LUAJIT, YAEGI, ... name them (see bench/run).
BENCH ?= --runtimes go,gol,joff,lua,luajit
bench: gol
	GOL=$(abspath $(B)/gol) bench/run $(BENCH)

# Says what got slower than bench/recorded.json.
bench-check: gol
	GOL=$(abspath $(B)/gol) bench/check

conformance: gol
	tests/conformance/run ./gol

# Random programs against real Go (GO=path of a go 1.23 or later).
RANDOM_FLAGS ?= --count 1000
random: gol
	tests/random/run $(RANDOM_FLAGS) ./gol

DATADIR = $(DESTDIR)$(PREFIX)/share
install: gol $(B)/libgol.a $(B)/libgol.so
	install -D $(B)/gol $(DESTDIR)$(PREFIX)/bin/gol
	install -D -m 644 include/gol.h $(DESTDIR)$(PREFIX)/include/gol.h
	install -D -m 644 $(B)/libgol.a $(DESTDIR)$(PREFIX)/lib/libgol.a
	install -D $(B)/libgol.so $(DESTDIR)$(PREFIX)/lib/libgol.so.0
	ln -sf libgol.so.0 $(DESTDIR)$(PREFIX)/lib/libgol.so
	install -D -m 644 docs/gol.1 $(DATADIR)/man/man1/gol.1
	install -D -m 644 completions/gol.bash $(DATADIR)/bash-completion/completions/gol
	install -D -m 644 completions/gol.zsh $(DATADIR)/zsh/site-functions/_gol
	install -D -m 644 completions/gol.fish $(DATADIR)/fish/vendor_completions.d/gol.fish
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	version=$$(sed -n 's/^#define GOL_VERSION "\(.*\)"/\1/p' include/gol.h); \
	sed -e 's|@PREFIX@|$(PREFIX)|' -e "s|@VERSION@|$$version|" gol.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/gol.pc

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/gol $(DESTDIR)$(PREFIX)/include/gol.h $(addprefix $(DESTDIR)$(PREFIX)/lib/,libgol.a libgol.so libgol.so.0 pkgconfig/gol.pc)
	rm -f $(addprefix $(DATADIR)/,man/man1/gol.1 bash-completion/completions/gol zsh/site-functions/_gol fish/vendor_completions.d/gol.fish)

clean:
	rm -rf build gol

help:
	@echo "all test test-slow hostile racy asan tsan gcstress releasestress stackstress fuzz bench bench-check conformance random check (layers globals symbols tailcalls) oracle install uninstall clean"

.PHONY: all test test-slow hostile racy asan tsan gcstress releasestress stackstress fuzz fuzz-run layers globals symbols tailcalls check oracle bench bench-check conformance random install uninstall clean help
.DELETE_ON_ERROR:
.SECONDARY:
