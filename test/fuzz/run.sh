#!/bin/bash
# Builds the fuzzers with clang and runs them side by side for SECONDS (first argument, default 60), each on the packets of
# its protocol in test/packets.
# Fails on a finding and says where the input is; make it the next packet of the corpus (test/packets/generate.ts).
# Without clang or cmake it says so and succeeds, except where CI=true.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
clang=${FUZZ_CXX:-clang++}
build=build/fuzz

skip() {
  echo "fuzz: skipped: $1"
  [[ ${CI:-} != true ]] || exit 1
  exit 0
}
command -v "$clang" >/dev/null || skip "there is no $clang (Debian: apt install clang libclang-rt-14-dev)"
command -v cmake >/dev/null || skip 'there is no cmake (Debian: apt install cmake)'
printf 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
  "$clang" -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null 2>/dev/null ||
  skip "$clang has no libFuzzer (Debian: apt install libclang-rt-14-dev)"

mkdir -p "$build"
cmake -S . -B "$build" -DCMAKE_CXX_COMPILER="$clang" -DFUZZERS=ON >"$build/build.log" 2>&1 &&
  cmake --build "$build" --parallel "$(nproc)" >>"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }

# Each packet as a seed in one piece, byte by byte, and in pieces that fit no boundary: the first byte says which. The
# largest come in one piece only, for a fuzzer that starts from them all gets nothing else done.
make_seeds() { # FOLDER PACKETS: the protocol's folder in test/packets
  local packet piece pieces
  rm -rf "$1"
  mkdir -p "$1"
  for packet in "$2"/valid/*.bin "$2"/invalid/*.bin; do
    pieces=(00)
    (($(stat -c %s "$packet") > 4096)) || pieces+=(01 07)
    for piece in "${pieces[@]}"; do
      { printf "\\x$piece"; cat "$packet"; } >"$1/$(basename "$packet" .bin)-$piece"
    done
  done
}

declare -A running packets=([uwsgi]=test/packets [fastcgi]=test/packets/fastcgi [scgi]=test/packets/scgi)
mkdir -p "$build/findings"
for source in test/fuzz/*_fuzzer.cc; do
  name=$(basename "$source" .cc)
  from=$build/seeds-$name
  make_seeds "$from" "${packets[${name%%_*}]}"
  echo "fuzz: $name for $seconds s, from $(ls "$from" | wc -l) seeds"
  "$build/$name" "$from" -max_total_time="$seconds" -max_len=70000 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/findings/$name-" -print_final_stats=1 >"$build/$name.log" 2>&1 &
  running[$!]=$name
done

failed=0
for pid in "${!running[@]}"; do
  name=${running[$pid]}
  if wait "$pid"; then
    echo "fuzz: $name: $(grep -E '^stat::(number_of_executed_units|new_units_added)' "$build/$name.log" | tr -s ' \n' ' ')"
  else
    tail -60 "$build/$name.log"
    echo "fuzz: $name found something; the input is in $build/findings"
    failed=1
  fi
done
exit "$failed"
