# Read by the other scripts: where they are, what they say, and how a missing tool is installed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One target folder for everything, so that nothing is built twice.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# The versions that are known to work together; Cargo.toml pins the wasm-bindgen library to the same number.
CARGO_LEPTOS=0.3.10
CARGO_NEXTEST=0.9.143
CARGO_DENY=0.20.2
CARGO_MUTANTS=27.1.0
WASM_BINDGEN=0.2.130

# What a script leaves behind is undone however it ends; `leave` does so at once, before `exec`.
undo=()
at_exit() { undo+=("$1"); trap leave EXIT; }
leave() {
	trap - EXIT
	local command
	for command in "${undo[@]}"; do eval "$command" || true; done
	undo=()
}

say() { printf '\n==> %s\n' "$*"; }
fail() { printf '\nqiangke: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# The tests take whatever Chromium the system has.
find_chromium() { type -P chromium || type -P chromium-browser || type -P google-chrome; }

# Debian packages. Only what is missing is asked for, so that nothing needs root on a machine that has it all.
apt_install() {
	has apt-get || fail "please install, by your system's own means: $*"
	local root=()
	if [ "$(id -u)" != 0 ]; then
		has sudo || fail "please install as root: apt-get install $*"
		root=(sudo)
	fi
	say "installing $*"
	# Lists that are out of date still find most packages, so a mirror that is away is no reason to stop here.
	"${root[@]}" apt-get update -qq || true
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# A tool from crates.io. It runs for minutes and is compiled for minutes: on two cores, less optimisation halves the wait.
cargo_install() {
	say "building $1 (a few minutes, once)"
	if [ -z "${TOOLS_TARGET:-}" ]; then
		TOOLS_TARGET=$(mktemp -d)
		at_exit 'rm -rf "$TOOLS_TARGET"'
	fi
	env -u RUSTC_WORKSPACE_WRAPPER CARGO_TARGET_DIR="$TOOLS_TARGET" \
		CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install --force "$@"
}

need_rust() {
	has cargo || fail "cargo is not there: install Rust from https://rustup.rs"
	# A linker, and a C compiler for the bundled SQLite.
	has cc || apt_install gcc libc6-dev
	if has rustup; then
		local toolchain
		toolchain=$(rustup show active-toolchain 2>/dev/null | cut -d ' ' -f 1) || true
		[ -n "$toolchain" ] || rustup toolchain install stable --profile minimal
		rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
	fi
	local least
	least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
	printf '%s\n%s\n' "$least" "$(rustc --version | cut -d ' ' -f 2)" | sort -V -C || fail "Rust $least or later is needed: run \`rustup update stable\`"
}

# What a folder's package-lock.json names.
need_npm() {
	has node || apt_install nodejs
	has npm || apt_install npm
	if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed"; then
		say "installing the packages of $1"
		PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$1" --no-audit --no-fund
		cp "$1/package-lock.json" "$1/node_modules/.installed"
	fi
}

# What scripts/site/build.mjs calls.
need_site() {
	need_rust
	need_npm scripts/site
	# Before any wasm-opt of the system: scripts/site/package.json says why.
	export PATH="$PWD/scripts/site/node_modules/.bin:$PATH"
	if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $WASM_BINDGEN" ]; then
		# Its own lock file names a version that was withdrawn, so the newest that this Rust can compile are taken. By default it
		# could run tests in a browser, for which it brings a web client.
		CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
			cargo_install wasm-bindgen-cli --version "$WASM_BINDGEN" --no-default-features --bin wasm-bindgen
	fi
}

# What rebuilds the shop while it is worked on.
need_watcher() {
	need_site
	if [ "$(cargo leptos --version 2>/dev/null)" != "cargo-leptos $CARGO_LEPTOS" ]; then
		# Without downloads: wasm-bindgen and wasm-opt are on the path, in the versions that were chosen here.
		cargo_install cargo-leptos --version "$CARGO_LEPTOS" --locked --features no_downloads
	fi
}

need_checker() {
	need_rust
	if has rustup; then
		for component in clippy rustfmt; do
			rustup component list --installed | grep -q "^$component" || rustup component add "$component"
		done
	fi
	cargo nextest --version >/dev/null 2>&1 || cargo_install cargo-nextest --version "$CARGO_NEXTEST" --locked
}

# From here on our own crates are compiled by Clippy, as `cargo clippy` does, and a lint ends the build: what the lints need of other
# crates is what the tests need, so that nothing is compiled twice.
lint_while_building() {
	RUSTC_WORKSPACE_WRAPPER=$(type -P clippy-driver) || fail "Clippy is not there: install it beside Rust"
	CLIPPY_ARGS="-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__"
	export RUSTC_WORKSPACE_WRAPPER CLIPPY_ARGS
}

need_postgres() {
	if ! has pg_ctl && ! ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1; then
		# Debian starts a server of its own with it, which the tests leave alone.
		apt_install postgresql
	fi
}

# The tests start their own, on free ports, and with OpenSSL a certificate for it. Debian starts no server with it where no service
# manager runs; where one does, that server is left as it is, and a port 80 that is taken is no reason to stop here.
need_nginx() {
	if ! has nginx && ! [ -x /usr/sbin/nginx ]; then
		apt_install nginx-light || [ -x /usr/sbin/nginx ]
	fi
	has openssl || apt_install openssl
}

# The tests start their own, on free ports.
need_redis() {
	has redis-server || apt_install redis-server
}

need_browser() {
	find_chromium >/dev/null || apt_install chromium
	need_npm end2end
}

# A step of a long command, and how long it may take on two cores when nothing is there yet.
step() { say "step $1: $2 (up to $3 when it is done for the first time)"; }

# The database and its tables; three courses and their banners where there is no catalogue yet.
fill_database() {
	local qiangke="$1"
	mkdir -p data
	"$qiangke" migrate
	# No pipe: where there is a catalogue nobody reads to its end, which would count as a failure.
	"$qiangke" import --if-empty - < <(cat seed/courses.sql seed/banners.sql)
}
