# Tintype. `make help` says what there is. One Makefile, every path from here.
#
# ONLY="base job db"  builds and tests these rooms alone (into build/only-…)
# SAN=address,undefined | thread   builds with that sanitizer
# CUDA=yes|no|auto    the GPU backend; auto takes it where it can be built
# V=1                 prints the commands
# T=word              runs the tests that have the word in their name

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
SAN     ?=
CUDA    ?= auto
CFLAGS  ?= -g -O2
Q       := $(if $(V),,@)

# There is no GPU backend yet: to ask for it must not end in a CPU build.
ifeq ($(CUDA),yes)
$(error CUDA=yes: this version has no GPU backend; leave it at auto)
endif

ALL_ROOMS := base job image shard queue db ingest model/backend model \
             model/train workers scheduler cli
ROOMS := $(if $(ONLY),$(filter $(ONLY),$(ALL_ROOMS)),$(ALL_ROOMS))

empty :=
space := $(empty) $(empty)
comma := ,
KIND  := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
OUT   := $(BUILD)/$(KIND)$(if $(ONLY),-only-$(subst /,_,$(subst $(space),-,$(strip $(ONLY)))))

# Debian's names of what pkg-config (or a header) must find.
PACKAGES := vips:libvips-dev hdf5:libhdf5-dev hiredis:libhiredis-dev \
            libuv:libuv1-dev sqlite3:libsqlite3-dev libcrypto:libssl-dev \
            libturbojpeg:libturbojpeg0-dev lcms2:liblcms2-dev \
            libarchive:libarchive-dev jansson:libjansson-dev \
            libseccomp:libseccomp-dev
PKG      := $(foreach p,$(PACKAGES),$(firstword $(subst :, ,$p)))

ifeq ($(filter deps help clean,$(MAKECMDGOALS)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKG) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKG) 2>/dev/null)
endif

# Ours come first; CFLAGS, CPPFLAGS and LDFLAGS stay the caller's own.
FLAGS := -std=c17 -D_GNU_SOURCE -I. -I$(OUT) -fvisibility=hidden -pthread \
         -DTT_VERSION='"$(VERSION)"' \
         -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
         -Wvla -Werror
ifneq ($(SAN),)
FLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
# ThreadSanitizer knows nothing of libgomp: loops run on one thread there.
ifneq ($(SAN),thread)
FLAGS += -fopenmp
else
FLAGS += -Wno-unknown-pragmas
endif
LDLIBS := $(PKG_LIBS) -ldnnl -ldl -lm

SRC   := $(sort $(wildcard $(addsuffix /*.c,$(ROOMS))))
TESTS := $(sort $(wildcard tests/*.c $(ROOMS:%=tests/%/*.c)))
OBJ   := $(SRC:%.c=$(OUT)/%.o)
TOBJ  := $(TESTS:%.c=$(OUT)/%.o)
SQL   := $(if $(filter db,$(ROOMS)),$(sort $(wildcard db/schema/*.sql)))
LUA   := $(if $(filter queue,$(ROOMS)),$(wildcard queue/*.lua))
GEN   := $(SQL:%=$(OUT)/%.h) $(LUA:%=$(OUT)/%.h)

.PHONY: all help deps demo bench test check flow asan tsan lint format rooms docs \
        install clean
.DELETE_ON_ERROR:

all: $(OUT)/tintype $(BUILD)/tintype ## build build/tintype

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | sort | \
	    awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

deps: ## install from Debian, by name, what is missing
	@sh tools/deps.sh $(PACKAGES)

$(BUILD)/tintype: $(OUT)/tintype
	@ln -sfn $(KIND)/tintype $@

$(OUT)/tintype: $(OBJ)
	@echo '  link $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(OUT)/tests/run: $(filter-out $(OUT)/cli/main.o,$(OBJ)) $(TOBJ)
	@echo '  link $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(OUT)/%.o: %.c Makefile | $(GEN)
	@mkdir -p $(@D)
	@echo '  cc   $<'
	$(Q)$(CC) $(FLAGS) $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# A text file as a C string: "db/schema/001_first.sql.h".
$(OUT)/%.sql.h: %.sql tools/embed.sh
	@mkdir -p $(@D)
	@sh tools/embed.sh $< > $@
$(OUT)/%.lua.h: %.lua tools/embed.sh
	@mkdir -p $(@D)
	@sh tools/embed.sh $< > $@

# The list of tests is read from the tests.
$(OUT)/tests/main.o: $(OUT)/tests.list
$(OUT)/tests.list: $(TESTS) tools/list-tests.sh
	@mkdir -p $(@D)
	@sh tools/list-tests.sh $(TESTS) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

check: $(OUT)/tests/run ## unit tests of all rooms (or ONLY="…", T=word)
	$< $(T)

flow: all $(OUT)/tests/flow/tool ## the real program, a real Redis, whole jobs
	@TINTYPE=$(abspath $(OUT)/tintype) TOOL=$(abspath $(OUT)/tests/flow/tool) \
	    sh tests/flow/run.sh $(T)

$(OUT)/tests/flow/tool: $(OUT)/tests/flow/tool.o $(filter-out $(OUT)/cli/main.o,$(OBJ))
	@echo '  link $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test: ## everything, alone on a bare Debian: installs, builds, tests
	@sh tools/test.sh

demo: ## install, build, colour real portraits, show the result
	@sh tools/demo.sh

# Each bench program is linked with all rooms.
BENCH := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/*.c))
$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(filter-out $(OUT)/cli/main.o,$(OBJ))
	@echo '  link $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

bench: all $(BENCH) ## figures of this machine beside their bounds (BARE=, PHOTOS=)
	@sh tests/bench/run.sh

asan: ## unit tests under the address and undefined sanitizers
	$(MAKE) SAN=address,undefined check
tsan: ## the same under the thread sanitizer
	$(MAKE) SAN=thread check

rooms: ## who includes whom, against docs/rooms
	@sh tools/check-rooms.sh docs/rooms $(wildcard $(ALL_ROOMS:%=%/*.[ch]))
lint: rooms $(GEN) $(OUT)/tests.list ## formatter, clang-tidy, lengths, forbidden words
	@LINT_PKG="$(PKG)" LINT_OUT=$(OUT) sh tools/lint.sh $(sort $(wildcard $(ALL_ROOMS:%=%/*.[ch])) $(TESTS))
format: ## let clang-format write
	clang-format -i $(wildcard $(ALL_ROOMS:%=%/*.[ch]) tests/*.[ch] tests/*/*.[ch] tests/model/*/*.[ch])

install: all ## into PREFIX (/usr/local), DESTDIR before it
	install -D -m 755 $(OUT)/tintype $(DESTDIR)$(PREFIX)/bin/tintype
	install -d $(DESTDIR)$(PREFIX)/share/tintype \
	    $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 share/completion/tintype.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tintype
	install -D -m 644 share/completion/_tintype \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tintype
	install -D -m 644 share/completion/tintype.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tintype.fish
	$(OUT)/tintype help --man > $(DESTDIR)$(PREFIX)/share/man/man1/tintype.1
	install -m 644 model/weights/* $(DESTDIR)$(PREFIX)/share/tintype/

docs: all ## docs/cli.md from the tables of the program
	$(OUT)/tintype help --markdown > docs/cli.md

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(OBJ:.o=.d) $(TOBJ:.o=.d)
