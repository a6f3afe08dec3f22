# What `npm run build` and `npm start` do: bring dist/ and the addon up to date, each only where it is stale. A folder is a
# source like the files in it, as its time is that of the last file that came or went.

MAKEFLAGS += --no-print-directory --jobs=$(shell nproc)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

sources := $(shell find src) package.json package-lock.json
node := $(shell node -p '[process.version, `$${process.versions.v8}-$${process.arch}`].join(" ")')
# Named after the version of Node: another one has other headers, and other flags for the compiler.
configured := build/configured-$(word 1,$(node))
# Named after what it is good for.
recorded := dist/code-cache/$(word 2,$(node))/programs/cli.cjs.cache

.PHONY: all typescript addon
# A tool that fails may have written its file already.
.DELETE_ON_ERROR:

all: typescript addon $(recorded)

typescript: dist/cli.cjs dist/index.d.ts

dist/cli.cjs: $(sources) rolldown.config.js
	rolldown -c --log-level warn
	chmod +x $@

# Whenever the programs are bundled: rolldown empties dist/.
dist/index.d.ts: dist/cli.cjs tsconfig.json
	tsc -p tsconfig.json --emitDeclarationOnly

# Of what has been bundled; the addon only has to be there for the server to start.
$(recorded): dist/index.d.ts code-cache/record.js code-cache/recorder.cjs code-cache/application.js | addon
	node code-cache/record.js

# What node-gyp has written knows every header by itself.
addon: $(configured)
	$(MAKE) -C build BUILDTYPE=Release

$(configured): binding.gyp native/sources.txt
	node-gyp configure
	rm -f build/configured-*
	touch $@
