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

ALL_ROOMS := base job image shard queue db chart ingest model/reduce \
             model/backend model model/train workers scheduler cli
EVERY_ROOM := $(ALL_ROOMS) model/gpu model/cudnn
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
            libarchive:libarchive-dev matio:libmatio-dev \
            jansson:libjansson-dev libseccomp:libseccomp-dev \
            cairo:libcairo2-dev libprotobuf-c:libprotobuf-c-dev \
            libexif:libexif-dev libxml-2.0:libxml2-dev zlib:zlib1g-dev
# Of plug-ins, which are built where these are found; the tests want them too.
OPTIONAL := ompi-c:libopenmpi-dev
PKG      := $(foreach p,$(PACKAGES),$(firstword $(subst :, ,$p)))

ifeq ($(filter deps deps-optional help clean,$(MAKECMDGOALS)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKG) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKG) 2>/dev/null)
endif

# Plug-ins, opened at run time, where the library of each is found: their
# sources, flags and libraries. base/plugin.h says where they are looked for.
PLUGINS :=
PLUGIN_SRC := model/reduce/mpi.c model/reduce/nccl.c
ifeq ($(shell pkg-config --exists ompi-c 2>/dev/null && echo yes),yes)
PLUGINS += mpi
mpi_SRC := model/reduce/mpi.c
mpi_CFLAGS := $(shell pkg-config --cflags ompi-c)
mpi_LIBS := $(shell pkg-config --libs ompi-c)
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
FLAGS += -Wno-unknown-pragmas -Wno-unused-parameter
endif
LDLIBS := $(PKG_LIBS) -ldnnl -ldl -lm

# The GPU backend is a shared object of its own, tintype-cudnn.so: the program
# is built and runs without it. Its kernels are compiled for each architecture.
CUDA_HOME  ?= /usr/local/cuda
CUDNN_HOME ?= $(CUDA_HOME)
CUDA_ARCH  ?= 80 90 100
NVCC       := $(firstword $(wildcard $(CUDA_HOME)/bin/nvcc) $(shell command -v nvcc))
CUDNN_H    := $(firstword $(wildcard $(CUDNN_HOME)/include/cudnn.h \
                /usr/include/cudnn.h /usr/include/x86_64-linux-gnu/cudnn.h))
CAN_CUDA   := $(and $(NVCC),$(CUDNN_H),$(wildcard $(CUDA_HOME)/include/cuda_runtime.h))
ifeq ($(CUDA)$(if $(CAN_CUDA),,-cannot),yes-cannot)
$(error CUDA=yes: no $(if $(NVCC),cudnn.h or cuda_runtime.h,nvcc); set CUDA_HOME and CUDNN_HOME, or leave it at auto)
endif
NCCL_H := $(firstword $(wildcard $(CUDA_HOME)/include/nccl.h /usr/include/nccl.h))
ifneq ($(and $(filter yes auto,$(CUDA)),$(CAN_CUDA),$(NCCL_H)),)
PLUGINS += nccl
nccl_SRC := model/reduce/nccl.c
nccl_CFLAGS := -isystem $(CUDA_HOME)/include -isystem $(dir $(NCCL_H))
nccl_LIBS := $(foreach d,lib64 lib,-L$(CUDA_HOME)/$d) -lcudart_static -lnccl \
             -Wl,-rpath,$(abspath $(CUDA_HOME))/lib64 -ldl -lrt
endif
PLUG := $(if $(filter yes auto,$(CUDA)),$(if $(CAN_CUDA),$(if $(ONLY),,$(OUT)/tintype-cudnn.so)))
UNBUILT := $(filter-out $(foreach p,$(PLUGINS),$($p_SRC)),$(PLUGIN_SRC))

SRC   := $(filter-out $(PLUGIN_SRC),$(sort $(wildcard $(addsuffix /*.c,$(ROOMS)))))
TESTS := $(sort $(wildcard tests/*.c $(ROOMS:%=tests/%/*.c)) \
           $(if $(filter model/backend,$(ROOMS)),$(wildcard tests/model/cudnn/*.c tests/model/gpu/*.c)) \
           $(if $(filter ingest,$(ROOMS)),tests/fuzz/targets.c tests/fuzz/test_fuzz.c))
OBJ   := $(SRC:%.c=$(OUT)/%.o)
TOBJ  := $(TESTS:%.c=$(OUT)/%.o)
ifneq ($(filter model/backend,$(ROOMS)),)
GPU_C := $(wildcard model/gpu/*.c)
TOBJ  += $(GPU_C:%.c=$(OUT)/%.o) \
         $(patsubst %.c,$(OUT)/wide/%.o,$(GPU_C) tests/model/gpu/host.c)
endif
SQL   := $(if $(filter db,$(ROOMS)),$(sort $(wildcard db/schema/*.sql)))
LUA   := $(if $(filter queue,$(ROOMS)),$(wildcard queue/*.lua))
PROTO := $(if $(filter model,$(ROOMS)),$(wildcard model/*.proto))
GEN   := $(SQL:%=$(OUT)/%.h) $(LUA:%=$(OUT)/%.h) $(PROTO:%.proto=$(OUT)/%.pb-c.h)
OBJ   += $(PROTO:%.proto=$(OUT)/%.pb-c.o)

.PHONY: all plugins help deps deps-optional demo bench bench-reduce confusion test check flow fuzz asan tsan lint format rooms docs \
        install clean
.DELETE_ON_ERROR:

all: $(OUT)/tintype $(BUILD)/tintype $(PLUG) plugins ## build build/tintype

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | sort | \
	    awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

deps: ## install from Debian, by name, what is missing
	@sh tools/deps.sh $(PACKAGES)
deps-optional: deps ## and what the plug-ins are made with
	@sh tools/deps.sh $(OPTIONAL)

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

# A plug-in of PLUGINS, of objects of its own: they must not know their address.
plugins: $(PLUGINS:%=$(OUT)/tintype-%.so)
pic = $(patsubst %.c,$(OUT)/pic/%.o,$(1))
.SECONDEXPANSION:
$(PLUGINS:%=$(OUT)/tintype-%.so): $(OUT)/tintype-%.so: $$(call pic,$$($$*_SRC) base/error.c)
	@echo '  link $@'
	$(Q)$(CC) -shared $(FLAGS) $(CFLAGS) $(LDFLAGS) $^ $($*_LIBS) -o $@

# What the GPU backend is made of; it has its own copy of what it needs of base.
PLUG_SRC := base/error.c base/file.c base/hash.c base/plugin.c \
            model/reduce/reduce.c model/backend/net.c model/backend/adam.c \
            $(wildcard model/gpu/*.c model/cudnn/*.c)
PLUG_OBJ := $(PLUG_SRC:%.c=$(OUT)/pic/%.o) \
            $(patsubst %.cu,$(OUT)/pic/%.o,$(wildcard model/cudnn/*.cu))
CUDA_INC := $(if $(CAN_CUDA),-isystem $(CUDA_HOME)/include -isystem $(dir $(CUDNN_H)))
CUDA_LIB := $(foreach d,$(CUDNN_HOME) $(CUDA_HOME),-L$d/lib64 -L$d/lib) \
            -lcudart_static -lcudnn -lcrypto -ldl -lrt -lm

$(OUT)/tintype-cudnn.so: $(PLUG_OBJ)
	@echo '  link $@'
	$(Q)$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,defs \
	    -Wl,-rpath,$(abspath $(CUDNN_HOME))/lib64 $^ $(CUDA_LIB) -o $@

$(OUT)/pic/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  cc   $< (shared)'
	$(Q)$(CC) $(FLAGS) -fPIC $(CUDA_INC) $(foreach p,$(PLUGINS),$($p_CFLAGS)) \
	    $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/pic/%.o: %.cu Makefile
	@mkdir -p $(@D)
	@echo '  nvcc $<'
	$(Q)$(NVCC) -std=c++17 -O3 -I. -ccbin "$(lastword $(CC))" -MMD -MP \
	    -Xcompiler -fPIC,-fno-exceptions,-fno-rtti,-fno-threadsafe-statics \
	    $(foreach a,$(CUDA_ARCH),-gencode arch=compute_$a,code=sm_$a) -c $< -o $@

# The driver that is none, for the tests: what NVIDIA's stub exports.
STUB     := $(firstword $(wildcard $(CUDA_HOME)/lib64/stubs/libcuda.so \
              $(CUDA_HOME)/lib/stubs/libcuda.so))
NULL_LIB := $(if $(and $(PLUG),$(STUB)),$(OUT)/tests/model/cudnn/null/libcuda.so.1)
$(OUT)/tests/model/cudnn/null/libcuda.so.1: tests/model/cudnn/null/driver.c Makefile
	@mkdir -p $(@D)
	@echo '  link $@'
	@nm -D $(STUB) | awk '$$2 == "T" && $$3 ~ /^cu/ { \
	    printf "int %s(void);\n__attribute__((weak)) int %s(void)\n" \
	           "{\n    return 34;\n}\n", $$3, $$3 }' > $(@D)/refuse.c
	$(Q)$(CC) -O1 -shared -fPIC -Wl,-soname,libcuda.so.1 $< $(@D)/refuse.c -o $@

# The program of a GPU once more, for the tests, with f32 for bf16.
$(OUT)/wide/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  cc   $< (wide)'
	$(Q)$(CC) $(FLAGS) -include tests/model/gpu/wide.h $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# A text file as a C string: "db/schema/001_first.sql.h".
$(OUT)/%.sql.h: %.sql tools/embed.sh
	@mkdir -p $(@D)
	@sh tools/embed.sh $< > $@
$(OUT)/%.lua.h: %.lua tools/embed.sh
	@mkdir -p $(@D)
	@sh tools/embed.sh $< > $@

# The messages of a .proto as structs of protobuf-c.
$(OUT)/%.pb-c.h $(OUT)/%.pb-c.c: %.proto
	@mkdir -p $(@D)
	@protoc --c_out=$(OUT) $<
$(OUT)/%.pb-c.o: $(OUT)/%.pb-c.c
	$(Q)$(CC) $(FLAGS) $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The list of tests is read from the tests.
$(OUT)/tests/main.o: $(OUT)/tests.list
$(OUT)/tests.list: $(TESTS) tools/list-tests.sh
	@mkdir -p $(@D)
	@sh tools/list-tests.sh $(TESTS) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# As cli/main.c says it to a worker: threads that wait go to sleep soon.
export GOMP_SPINCOUNT ?= 1000

check: $(OUT)/tests/run $(PLUG) plugins $(NULL_LIB) ## unit tests of all rooms (or ONLY="…", T=word)
	TINTYPE_PLUGINS=$(abspath $(OUT)) $< $(T)

flow: all $(OUT)/tests/flow/tool ## the real program, a real Redis, whole jobs
	@TINTYPE=$(abspath $(OUT)/tintype) TOOL=$(abspath $(OUT)/tests/flow/tool) \
	    sh tests/flow/run.sh $(T)

.PHONY: crashtest
crashtest: ## ingest killed at random, many times (KILLS=)
	@KILLS=$(or $(KILLS),40) FLOW_SECONDS=1800 $(MAKE) --no-print-directory flow T=17_ingest

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

confusion: $(OUT)/tests/bench/bench_truth ## ingest's verdicts against DATA=ARCHIVE with a truth.tsv
	$< $(DATA)

bench: all $(BENCH) ## figures of this machine beside their bounds (BARE=, PHOTOS=)
	@sh tests/bench/run.sh

.PHONY: bench-ingest
bench-ingest: all $(OUT)/tests/bench/bench_ingest ## photos into shards; beside bare programs with BARE=, FACES=
	@sh tests/bench/ingest.sh

.PHONY: bench-model
bench-model: $(OUT)/tests/bench/bench_model ## preset S; beside other engines with PYTHON=
	@mkdir -p $(BUILD)/bench
	$(Q)$(if $(PYTHON),$(PYTHON) tests/bench/peers.py,) $<

# libFuzzer is clang's: a program of the files that read strangers' bytes.
SECONDS  ?= 60
FUZZ_SRC := $(wildcard base/*.c shard/*.c ingest/source*.c ingest/imdb_*.c) ingest/face.c \
            $(patsubst %,image/%.c,exif image iptc jpeg_head meta packet source source_vips tiff_head xmp) \
            tests/fuzz/targets.c tests/fuzz/libfuzzer.c
$(BUILD)/fuzz/run: $(FUZZ_SRC) Makefile
	@echo '  clang $@'
	@mkdir -p $(@D)
	$(Q)clang $(filter-out -fopenmp,$(FLAGS)) $(PKG_CFLAGS) -g -O1 \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	    $(FUZZ_SRC) $(PKG_LIBS) -lm -o $@

fuzz: $(BUILD)/fuzz/run $(OUT)/tests/run ## each fuzz target for SECONDS (60) under ASan and UBSan
	@sh tools/fuzz.sh $(BUILD)/fuzz $(OUT)/tests/run $(SECONDS)

bench-reduce: $(OUT)/tests/bench/bench_reduce plugins ## what a step in two processes costs
	TINTYPE_PLUGINS=$(abspath $(OUT)) OMPI_ALLOW_RUN_AS_ROOT=1 \
	    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -n 2 $<

asan: ## unit tests under the address and undefined sanitizers
	$(MAKE) SAN=address,undefined check
tsan: ## the same under the thread sanitizer
	$(MAKE) SAN=thread check

rooms: ## who includes whom, against docs/rooms
	@sh tools/check-rooms.sh docs/rooms $(wildcard $(EVERY_ROOM:%=%/*.[ch]))
lint: rooms $(GEN) $(OUT)/tests.list ## formatter, clang-tidy, lengths, forbidden words
	@LINT_PKG="$(PKG)" LINT_FLAGS="$(foreach p,$(PLUGINS),$($p_CFLAGS))" \
	    LINT_OUT=$(OUT) sh tools/lint.sh $(filter-out $(UNBUILT),$(sort \
	    $(wildcard $(ALL_ROOMS:%=%/*.[ch]) model/gpu/*.[ch]) $(TESTS)))
format: ## let clang-format write
	clang-format -i $(wildcard $(EVERY_ROOM:%=%/*.[ch]) tests/*.[ch] tests/*/*.[ch] tests/model/*/*.[ch])

install: all ## into PREFIX (/usr/local), DESTDIR before it
	install -D -m 755 $(OUT)/tintype $(DESTDIR)$(PREFIX)/bin/tintype
ifneq ($(PLUG),)
	install -D -m 755 $(PLUG) $(DESTDIR)$(PREFIX)/lib/tintype/tintype-cudnn.so
endif
	install -d $(DESTDIR)$(PREFIX)/share/tintype \
	    $(DESTDIR)$(PREFIX)/share/man/man1
	$(foreach p,$(PLUGINS),install -D -m 755 $(OUT)/tintype-$p.so \
	    $(DESTDIR)$(PREFIX)/lib/tintype/tintype-$p.so;)
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

-include $(OBJ:.o=.d) $(TOBJ:.o=.d) $(if $(PLUG),$(PLUG_OBJ:.o=.d))
-include $(patsubst %.o,%.d,$(call pic,base/error.c $(foreach p,$(PLUGINS),$($p_SRC))))
